#!/bin/sh
# Say whether a bundle is the one that was packed: signed by whom you trust, no file damaged,
# missing or added. All that is wrong is named.

set -eu

: "${FROM:=.}"  # the bundle; a dot: you are in it
: "${SIGNERS:=}"  # a file of allowed signers, kept where you install; empty: no signature is asked for
: "${SIGNER:=packer}"  # whose signature it must be
: "${SUM:=}"  # the sum that check-bundle.sh printed, carried apart; empty: not compared
: "${ONLY:=}"  # added: ask no more than whether something is there that no bundle has
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

bad() {
    echo "verify: $1" >&2
    exit 1
}

export LC_ALL=C
unset CDPATH
[ -z "$ONLY" ] || [ "$ONLY" = added ] || bad "ONLY is added or empty, not $ONLY"
if [ -n "$SIGNERS" ]; then
    [ -s "$SIGNERS" ] || bad "there is no file $SIGNERS, or it is empty; name one in SIGNERS"
    SIGNERS=$(cd "$(dirname "$SIGNERS")" && pwd)/$(basename "$SIGNERS")
fi
[ -d "$FROM" ] || bad "there is no folder $FROM"
cd "$FROM"
# Before anything is opened: no link that leads out of here, no pipe, no name that a line cannot hold.
strange=$(find . ! -type d ! -type f | head -n 1)
[ -z "$strange" ] || bad "a link, not a file: ${strange#./}"
strange=$(find . ! -name . -name '*[!A-Za-z0-9._+!-]*' | head -n 1)
[ -z "$strange" ] || bad "added: ${strange#./}"
[ -s SHA256SUMS ] || bad "there is no SHA256SUMS in $FROM, or it is empty: this is no bundle"
if [ -n "$SIGNERS" ] && [ -z "$ONLY" ]; then
    [ -f SHA256SUMS.sig ] || bad "the bundle is not signed: it has not been checked"
    ssh-keygen -Y verify -f "$SIGNERS" -I "$SIGNER" -n air-gap -s SHA256SUMS.sig <SHA256SUMS >&2 ||
        bad "the signature is not that of $SIGNER over these sums"
fi
sum=$($SHA256 SHA256SUMS | cut -c 1-64)
[ -z "$SUM" ] || [ -n "$ONLY" ] || [ "$SUM" = "$sum" ] ||
    bad "SHA256SUMS is not the one that was packed: its sum is $sum"

# Nothing but a sum and a file of this folder; a line that was cut off is neither.
if [ -n "$(tail -c 1 SHA256SUMS)" ] ||
    grep -vE '^[0-9a-f]{64}  [A-Za-z0-9_][A-Za-z0-9._+!/-]*$' SHA256SUMS >&2 || grep -qF .. SHA256SUMS; then
    bad "SHA256SUMS is damaged, or was not made by pack.sh"
fi
for needed in targets.txt install.sh verify.sh; do
    grep -qE "^.{66}$needed\$" SHA256SUMS || bad "SHA256SUMS does not name $needed: it is cut short"
done
if [ -z "$ONLY" ] && ! $SHA256 -c SHA256SUMS >/dev/null 2>&1; then
    while read -r sum file; do
        if [ ! -f "$file" ]; then
            echo "verify: missing: $file" >&2
        elif [ "$($SHA256 "$file" | cut -c 1-64)" != "$sum" ]; then
            echo "verify: damaged: $file" >&2
        fi
    done <SHA256SUMS
    bad "$FROM is not the bundle that was packed"
fi
added=$(find . -type f | awk '
    FILENAME == "SHA256SUMS" { packed["./" substr($0, 67)]; next }
    !($0 in packed) && !/^\.\/SHA256SUMS(\.sig)?$/ { print "verify: added: " substr($0, 3) }' SHA256SUMS -)
if [ -n "$added" ]; then
    echo "$added" >&2
    bad "$FROM holds what was not packed"
fi
