#!/bin/sh
# Take a release out of trees of files: its pages in all forms, its files and what lies beside them.
#
# Exit codes: 0 nothing of it is left; 1 something is, and the output says what; 2 wrong use; 3 a sync
# is at work and did not end.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${TREES:=/srv/selective-mirror/mirror/web}"  # folders with simple/ and packages/ in them: the mirror, its copies, each generation
: "${LOCK:=}"  # the lock that your sync takes, such as /srv/selective-mirror/mirror/sync.lock
: "${PATIENCE:=600}"  # seconds to wait for a sync to end

export RELEASE
if [ -n "$LOCK" ]; then
    exec 9>>"$LOCK"
    if ! flock -w "$PATIENCE" 9; then
        echo "purge-tree: a sync holds $LOCK: nothing done; stop it, then try again" >&2
        exit 3
    fi
fi
# shellcheck disable=SC2086  # one word for each tree
python3 purge_tree.py "$LIST" $TREES
