#!/bin/sh
# Go back to the state of devpi before the last upgrade or restore, without losing uploads in silence.
#
# Exit codes: 0 rolled back; 1 not, because something would be lost, and the output names it.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${ACCEPT_LOSS:=no}"  # yes: roll back though something is newer; its files go to a folder beside
umask 077

if [ ! -f "$DEVPI/current/before" ]; then
    echo "roll-back: there is no state before $DEVPI/current" >&2
    exit 1
fi
DEVPI=$(cd "$DEVPI" && pwd)
exec 9>"$DEVPI/lock"
if ! flock -n 9; then
    echo "roll-back: devpi is being served from $DEVPI: stop it first" >&2
    exit 1
fi
before=$(cat "$DEVPI/current/before")
after=$(basename "$(readlink -f "$DEVPI/current")")
work=$(mktemp -d "$DEVPI/roll-back.XXXXXX")
trap 'rm -rf "$work"' EXIT
export_state() { # STATE FOLDER
    if ! "$DEVPI/$1/bin/devpi-export" --serverdir "$DEVPI/$1/data" --hard-links "$2" \
        >"$work/output" 2>&1; then
        tail -n 3 "$work/output" >&2
        echo "roll-back: $1 cannot be read: nothing was switched" >&2
        exit 1
    fi
}
export_state "$before" "$work/before"
export_state "$after" "$work/after"
changed=0
python3 compare_exports.py "$work/before" "$work/after" "$work/lost" >"$work/lost.txt" || changed=$?
if [ "$changed" -gt 1 ]; then
    echo "roll-back: the two states could not be compared: nothing was switched" >&2
    exit 1
fi
if [ "$changed" -eq 1 ]; then
    sed 's/^/roll-back: /' "$work/lost.txt"
    if [ "$ACCEPT_LOSS" != yes ]; then
        echo "roll-back: this changed since $before (+ new, - gone, ~ altered): nothing was switched;" \
            "ACCEPT_LOSS=yes goes back all the same" >&2
        exit 1
    fi
    lost=$DEVPI/lost-$(date -u +%Y%m%dT%H%M%SZ)
    mkdir -p "$work/lost"
    cp "$work/lost.txt" "$work/lost"
    mv "$work/lost" "$lost"
    echo "roll-back: to upload again: $lost"
fi
sync
ln -sfn "$before" "$DEVPI/current.new"
mv -T "$DEVPI/current.new" "$DEVPI/current"  # one rename
echo "roll-back: $before is current again; $after stays beside it"
