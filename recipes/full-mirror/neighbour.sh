#!/bin/sh
# Take the files of another mirror, and nothing else of it.
#
# Pages, serials and lists stay behind: sync.sh makes its own, and holds each file against the hash
# that upstream names. What the neighbour has altered is fetched again, what it lacks is fetched.
# Exit codes: 0 all that it has is here; 1 rsync broke off, and a second run goes on there; 2 a
# setting is absent; 3 a sync is at work.
set -eu
cd "$(dirname "$0")"
: "${NEIGHBOUR_FILES:=}"  # where its packages/ is, like rsync://public.example/pypi/packages
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it

if [ -z "$NEIGHBOUR_FILES" ]; then
    echo "neighbour: say where its packages/ is, as NEIGHBOUR_FILES: nothing done" >&2
    exit 2
fi
MIRROR=$MIRROR sh ./preflight.sh || exit $?
mkdir -p "$MIRROR/web/packages"
exec 9>"$MIRROR/sync.lock"
if ! flock -n 9; then
    echo "neighbour: a sync works in $MIRROR: nothing done" >&2
    exit 3
fi
if ! rsync --recursive --times --exclude='.*' "${NEIGHBOUR_FILES%/}/" "$MIRROR/web/packages/"; then
    echo "neighbour: rsync broke off; run it again, and it goes on there" >&2
    exit 1
fi
echo "neighbour: its files are here; sync.sh comes next"
