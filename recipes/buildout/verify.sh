#!/bin/sh
# Say whether the cache is the one that was filled: no file altered, missing or added.
set -eu
unset CDPATH
: "${CACHE:=cache}"  # the folder that fill-cache.sh filled
: "${SUM:=}"  # the sum that check-cache.sh printed, carried apart from the cache; empty: not compared
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

if [ ! -f "$CACHE/SHA256SUMS" ]; then
    echo "verify: $CACHE is no cache that fill-cache.sh has filled: it has no SHA256SUMS" >&2
    exit 2
fi
cd "$CACHE"
sum=$($SHA256 SHA256SUMS | cut -c 1-64)
if [ -n "$SUM" ] && [ "$SUM" != "$sum" ]; then
    echo "verify: SHA256SUMS is not the one of the cache you checked: its sum is $sum" >&2
    exit 1
fi
if ! $SHA256 -c --strict SHA256SUMS >/dev/null 2>&1; then
    $SHA256 -c --strict SHA256SUMS 2>&1 | grep -v ': OK$' >&2 || :
    echo "verify: $CACHE is not the cache that was filled" >&2
    exit 1
fi
# A link can be pointed elsewhere later, and nobody has filled an empty folder.
odd=$(find . ! -type d ! -type f; find . -mindepth 2 -type d -empty)
if [ -n "$odd" ]; then
    echo "verify: in $CACHE are other things than files: $odd" >&2
    exit 1
fi
there=$(find . ! -type d ! -path ./SHA256SUMS | LC_ALL=C sort)
if [ "$there" != "$(cut -c 67- SHA256SUMS | LC_ALL=C sort)" ]; then
    echo "verify: a file was added to $CACHE: these are there" >&2
    printf '%s\n' "$there" >&2
    exit 1
fi
