#!/bin/sh
# Copy a bundle without the files that an earlier one had. Its sums and its signature stay as they
# are: receive.sh takes the rest from the earlier bundle.

set -eu

: "${BUNDLE:=bundle}"  # the folder that travels
: "${SINCE:=}"  # the SHA256SUMS of the earlier bundle, kept from then
: "${SMALL:=small}"  # the folder to make

if [ ! -f "$SINCE" ] || ! LC_ALL=C grep -qE '^[0-9a-f]{64}  files/' "$SINCE"; then
    echo "only-new: name in SINCE the SHA256SUMS of the bundle before" >&2
    exit 2
fi
SMALL=${SMALL%/}
[ ! -e "$SMALL" ] || { echo "only-new: $SMALL is there already" >&2; exit 2; }
FROM="$BUNDLE" SUM='' SIGNERS='' sh "$(dirname "$0")/verify.sh"
aside=$(mktemp -d "$SMALL.XXXXXX")
trap 'rm -rf "$aside"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$aside/new"
cp -R "$BUNDLE"/. "$aside/new"
grep -E '^[0-9a-f]{64}  (files|interpreters/[^/]*)/' "$BUNDLE/SHA256SUMS" | while read -r sum file; do
    ! grep -qxF "$sum  $file" "$SINCE" || rm "$aside/new/$file"
done
mv "$aside/new" "$SMALL"
du -sh "$SMALL"
