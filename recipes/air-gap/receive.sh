#!/bin/sh
# Copy a bundle from the disk that came to one that stays. What an earlier bundle had already is
# taken from there; the whole is verified before it counts.

set -eu

: "${FROM:=.}"  # the bundle; a dot: you are in it
: "${STORE:=/srv/bundles/now}"  # where it stays: made, or replaced once the new one is whole
: "${EARLIER:=$STORE}"  # an earlier bundle that fills up a small one

verify=$(dirname "$0")/verify.sh
STORE=${STORE%/}
mkdir -p "$(dirname "$STORE")"
aside=$(mktemp -d "$STORE.XXXXXX")

# Should it end between two moves, the bundle before comes back.
tidy() {
    [ -e "$STORE" ] || [ ! -e "$aside/old" ] || mv "$aside/old" "$STORE"
    rm -rf "$aside"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

refused() {
    echo "receive: nothing was received from $FROM" >&2
    exit 1
}

# What is replaced must be a bundle and nothing else.
if [ -L "$STORE" ] || { [ -e "$STORE" ] && ! FROM="$STORE" ONLY=added sh "$verify"; }; then
    echo "receive: $STORE is there and is not a bundle alone; name another place in STORE" >&2
    exit 2
fi
new=$aside/new
mkdir "$new"
cp -R "$FROM"/. "$new"
FROM="$new" ONLY=added sh "$verify" || refused
if [ -d "$EARLIER" ]; then
    # Only plain names in the folders of a bundle; whether they are the right bytes, verify.sh says.
    LC_ALL=C grep -oE '  (files|interpreters)/[A-Za-z0-9._+!-]+(/[A-Za-z0-9._+!-]+)?$' "$new/SHA256SUMS" |
        cut -c 3- | while read -r file; do
        if [ ! -e "$new/$file" ] && [ -f "$EARLIER/$file" ]; then
            mkdir -p "$(dirname "$new/$file")"
            cp "$EARLIER/$file" "$new/$file"
        fi
    done
fi
FROM="$new" sh "$verify" || refused

[ ! -e "$STORE" ] || mv "$STORE" "$aside/old"
mv "$new" "$STORE"
[ -n "${SIGNERS:-}${SUM:-}" ] ||
    echo "receive: no SIGNERS, no SUM: a forger's bundle would have been received as well" >&2
echo "whole: $STORE"
