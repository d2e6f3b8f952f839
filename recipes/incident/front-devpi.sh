#!/bin/sh
# Run devpi with a mirror of an index and a stage on it: for the drills only. A real one: private-index-devpi.
set -eu
cd "$(dirname "$0")"
: "${STATE:=$PWD/fronts}"  # where the drills' servers keep what they have
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # address:port to serve on
: "${DEVPI_FLAGS:=}"  # more options of devpi-server

mkdir -p "$STATE"
if [ ! -d "$STATE/devpi" ]; then
    : >"$STATE/root.password"
    devpi-init --serverdir "$STATE/devpi.new" --no-root-pypi
    mv "$STATE/devpi.new" "$STATE/devpi"
fi
# shellcheck disable=SC2086  # one word for each option
exec devpi-server --serverdir "$STATE/devpi" --listen "$DEVPI_LISTEN" $DEVPI_FLAGS 2>>"$STATE/devpi.log" >&2
