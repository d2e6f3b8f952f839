#!/bin/sh
# Copy a bundle from the disk that came to one that stays. What an earlier bundle had already is
# taken from there; the whole is verified before it counts.

set -eu

: "${FROM:=.}"  # the bundle; a dot: you are in it
: "${STORE:=/srv/bundles/now}"  # where it stays: made, or replaced once the new one is whole
: "${EARLIER:=$STORE}"  # an earlier bundle that fills up a small one

new=$STORE.new
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$new"
mkdir -p "$new"
cp -R "$FROM"/. "$new"
if [ -d "$EARLIER" ] && [ -f "$new/SHA256SUMS" ]; then
    # Only plain names in the folders of a bundle; whether they are the right bytes, verify.sh says.
    LC_ALL=C grep -oE '  (files|interpreters)/[A-Za-z0-9._+!-]+(/[A-Za-z0-9._+!-]+)?$' "$new/SHA256SUMS" |
        cut -c 3- | while read -r file; do
        case $file in *..*) continue ;; esac
        if [ ! -e "$new/$file" ] && [ -f "$EARLIER/$file" ]; then
            mkdir -p "$(dirname "$new/$file")"
            cp "$EARLIER/$file" "$new/$file"
        fi
    done
fi
FROM="$new" sh "$(dirname "$0")/verify.sh"

rm -rf "$STORE.old"
[ ! -e "$STORE" ] || mv "$STORE" "$STORE.old"
mv "$new" "$STORE"
rm -rf "$STORE.old"
echo "whole: $STORE"
