#!/bin/sh
# Take the files of another mirror, before the first sync, and nothing else of it.
#
# Pages, serials and lists stay behind: sync.sh makes its own, and holds each file against the hash
# that upstream names. What the neighbour has altered is fetched again, what it lacks is fetched.
# What is here stays as it is: a first sync that was broken off has held it against its hash. After
# a first sync nothing is taken, as the next ones look only at what changes.
# Exit codes: 0 all that it has is here; 1 rsync broke off, and a second run goes on there; 2 a
# setting is absent, or the first sync is done; 3 a sync is at work.
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
# Of pages alone no file was verified: sync.sh does it when it comes to want them (FILES=yes).
if [ -s "$MIRROR/status" ] && [ "$(cat "$MIRROR/files" 2>&1 || :)" != no ]; then
    echo "neighbour: the first sync in $MIRROR is done, and no later one would verify what comes" \
        "now: set NEIGHBOUR for sync.sh instead: nothing done" >&2
    exit 2
fi
if ! rsync --recursive --times --ignore-existing --exclude='.*' "${NEIGHBOUR_FILES%/}/" "$MIRROR/web/packages/"; then
    echo "neighbour: rsync broke off; run it again, and it goes on there" >&2
    exit 1
fi
echo "neighbour: its files are here; sync.sh comes next"
