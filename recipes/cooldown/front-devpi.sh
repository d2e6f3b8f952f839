#!/bin/sh
# Serve an index through devpi, without users: for the drills only. A real one: private-index-devpi.
set -eu
cd "$(dirname "$0")"
: "${SOURCE:=https://pypi.org}"  # the index that devpi takes from
: "${STATE:=$PWD/fronts}"  # where devpi keeps what it has, in devpi/
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # address:port to serve on
: "${DEVPI_FLAGS:=}"  # more options of devpi-server

mkdir -p "$STATE"
if [ ! -d "$STATE/devpi" ]; then
    rm -rf "$STATE/devpi.new"
    devpi-init --serverdir "$STATE/devpi.new"
    mv "$STATE/devpi.new" "$STATE/devpi"
fi
# shellcheck disable=SC2086  # one word for each option
exec devpi-server --serverdir "$STATE/devpi" --listen "$DEVPI_LISTEN" $DEVPI_FLAGS
