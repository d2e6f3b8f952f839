#!/bin/sh
# Say whether the cache may leave: it is what was filled, and it is enough. A rehearsal tells, which
# installs everything from the cache alone, without a network, in a place of its own.
#
# Exit codes: 0 it may leave; 3 could not tell; else it may not.
set -eu
: "${CONFIG:=buildout.cfg}"  # your buildout
: "${CACHE:=cache}"  # the folder that fill-cache.sh filled
: "${ALONE:=unshare --user --map-root-user --net}"  # what takes the network away; env: keep it, and see less
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

# shellcheck disable=SC2086  # a command and its options
if ! $ALONE true; then
    echo "check-cache: could not tell: the network cannot be taken away by '$ALONE'" >&2
    exit 3
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
set -- "buildout:installed=$scratch/installed.cfg"
for part in eggs develop-eggs parts bin; do
    set -- "$@" "buildout:$part-directory=$scratch/$part"
done
code=0
# shellcheck disable=SC2086
CONFIG="$CONFIG" CACHE="$CACHE" SUM="" SHA256="$SHA256" \
    $ALONE sh "$(dirname "$0")/build.sh" "$@" >"$scratch/said" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then
    cat "$scratch/said" >&2
    echo "check-cache: $CACHE is not enough for $CONFIG; the lines above name what is missing" >&2
    exit "$code"
fi
echo "check-cache: $CACHE is enough for $CONFIG; its sum is"
$SHA256 "$CACHE/SHA256SUMS" | cut -c 1-64
