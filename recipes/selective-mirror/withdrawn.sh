#!/bin/sh
# List what the mirror still serves though upstream has withdrawn it, and remove what
# you name.
#
# bandersnatch never notices that a project is gone, and never removes a file.
# Exit codes: 0 nothing is left to remove; 1 something is, and the output lists it.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${REMOVE:=}"  # projects and files to remove, of those listed, separated by spaces

if [ ! -d "$MIRROR/web" ]; then
    echo "withdrawn: there is no mirror in $MIRROR yet" >&2
    exit 1
fi
exec 9>"$MIRROR/sync.lock"
flock 9
# shellcheck disable=SC2086  # one word for each name
python3 withdrawn.py "$MIRROR" "$UPSTREAM" $REMOVE
