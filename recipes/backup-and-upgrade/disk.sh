#!/bin/sh
# Say what fills the disk, the largest first; warn where one is nearly full.
#
# Exit codes: 0 there is room; 1 a disk is fuller than FULL; 2 there is nothing to look at,
# or FULL is wrong.
set -eu
cd "$(dirname "$0")"
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${PYPISERVER:=$PWD/pypiserver}"  # where pypiserver's folder `packages` and its htpasswd live
: "${MIRROR:=$PWD/mirror}"  # the mirror: bandersnatch's `directory`
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
: "${FULL:=80}"  # percent: warn from here on

case $FULL in
'' | *[!0-9]*)
    echo "disk: FULL is \"$FULL\": set it to percent" >&2
    exit 2
    ;;
esac
# An index of devpi is a folder in +files; the database grows with each change and never shrinks.
echo "     KiB"
for path in "$DEVPI"/state-*/data/+files/*/* "$DEVPI"/state-*/data/.sqlite "$PYPISERVER"/packages \
    "$PYPISERVER"/before-* "$MIRROR"/web/* "$BACKUPS"/*/[0-9]*Z "$BACKUPS"/*/.new "$DEVPI"/lost-*; do
    [ ! -e "$path" ] || du -skH "$path"
done | sort -rn | awk -F '\t' '{ printf "%8d %s\n", $1, $2 }'
if [ -e "$DEVPI/current" ]; then
    for state in "$DEVPI"/state-*; do
        [ "$(readlink -f "$state")" = "$(readlink -f "$DEVPI/current")" ] ||
            echo "disk: not served, delete it when you will not roll back: $state"
    done
fi

health=2
for path in "$DEVPI" "$PYPISERVER" "$MIRROR" "$BACKUPS"; do
    [ -e "$path" ] || continue
    [ "$health" -eq 1 ] || health=0
    used=$(df -Pk "$path" | awk 'NR == 2 { sub("%", "", $5); print $5 }')
    if [ "$used" -ge "$FULL" ]; then
        echo "disk: the disk of $path is $used % full" >&2
        health=1
    fi
done
[ "$health" -ne 2 ] || echo "disk: there is none of $DEVPI, $PYPISERVER, $MIRROR, $BACKUPS: set them" >&2
exit "$health"
