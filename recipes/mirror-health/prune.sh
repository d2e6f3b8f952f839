#!/bin/sh
# List what a bandersnatch tree still serves though upstream has withdrawn it, or remove it.
#
# It removes nothing but what the run before it has listed too.
# Exit codes: 0 nothing is left to remove; 1 something is, and the output lists it; 2 a
# setting is wrong; 3 refused, and nothing was changed.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${MIRROR:=/srv/selective-mirror/mirror}"  # the tree, with web/ in it
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index that they copy
: "${DELETE:=no}"  # yes: remove what this run and the one before it have found
: "${MOST:=5}"  # percent of the projects, or of the files, that one run may remove
: "${LOCK:=$MIRROR/sync.lock}"  # the file that your sync locks while it works
: "${STATE:=$PWD/state}"  # where the last report, and the list of what to prune, are kept

if [ ! -d "$MIRROR/web/simple" ]; then
    echo "prune: MIRROR: there is no bandersnatch tree in $MIRROR" >&2
    exit 2
fi
refuse() {
    echo "prune: refused: $1" >&2
    exit 3
}
if ! mkdir -p "$STATE" || ! true >>"$STATE/prune.txt.new"; then
    refuse "STATE: cannot write to $STATE"
fi
rm "$STATE/prune.txt.new"
true >>"$LOCK" || refuse "LOCK: cannot write $LOCK"
exec 9>>"$LOCK"
code=0
flock -n 9 || code=$?
[ "$code" -ne 1 ] || refuse "a sync is at work ($LOCK); run it again afterwards"
[ "$code" -eq 0 ] || refuse "flock ended with $code"
exec python3 prune.py "$MIRRORLAB" "$MIRROR" "$UPSTREAM" "$DELETE" "$MOST" "$STATE/prune.txt"
