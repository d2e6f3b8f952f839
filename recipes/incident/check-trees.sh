#!/bin/sh
# Check each tree: what its pages name is there, nothing lies there unnamed, and both forms agree.
#
# Exit codes are those of mirrorlab check: 0 healthy, 1 findings, 3 could not tell.
set -eu
cd "$(dirname "$0")"
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${TREES:=/srv/selective-mirror/mirror/web}"  # folders with simple/ and packages/ in them: the mirror, its copies, each generation

export RELEASE
release=$(python3 block.py "$LIST" name)
# shellcheck disable=SC2086  # one word for each tree
exec $MIRRORLAB check $TREES --project "${release%%=*}"
