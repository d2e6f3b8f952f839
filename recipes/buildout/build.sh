#!/bin/sh
# Build from the cache alone: no index is asked, by buildout or by what it starts.
#
# Options for buildout may follow. Exit codes: those of verify.sh, then those of buildout.
set -eu
unset CDPATH
: "${CONFIG:=buildout.cfg}"  # your buildout
: "${CACHE:=cache}"  # the folder that fill-cache.sh filled
: "${SUM:=}"  # the sum that check-cache.sh printed, carried apart from the cache; empty: not compared
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

CACHE="$CACHE" SUM="$SUM" SHA256="$SHA256" sh "$(dirname "$0")/verify.sh"
cache=$(cd "$CACHE" && pwd)
unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$cache/build"
exec buildout -c "$CONFIG" "buildout:download-cache=$cache" "buildout:extends-cache=$cache/extends" \
    "buildout:install-from-cache=true" "buildout:offline=false" "buildout:newest=false" "$@"
