#!/bin/sh
# Say whether the folder is the one that was collected: no file altered, missing or added.

set -eu

: "${FOLDER:=packages}"  # the folder that travels
: "${SUM:=}"  # the sum that check.sh printed, carried apart from the folder; empty: not compared
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

cd "$FOLDER"
sum=$($SHA256 SHA256SUMS | cut -c 1-64)
if [ -n "$SUM" ] && [ "$SUM" != "$sum" ]; then
    echo "verify: SHA256SUMS is not the one you collected: its sum is $sum" >&2
    exit 1
fi
if ! $SHA256 -c SHA256SUMS >/dev/null; then
    $SHA256 -c SHA256SUMS 2>/dev/null | grep -v ': OK$' >&2 || :
    echo "verify: $FOLDER is not the folder you collected" >&2
    exit 1
fi
for file in *; do
    if [ "$file" != SHA256SUMS ] && ! cut -c 67- SHA256SUMS | grep -qxF -- "$file"; then
        echo "verify: $file was added to $FOLDER" >&2
        exit 1
    fi
done
