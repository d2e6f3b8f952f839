#!/bin/sh
# Serve the folder, if every file in it is still the one that was downloaded.
set -eu

: "${FOLDER:=$HOME/served}"  # the folder to serve
: "${HOST:=127.0.0.1}"  # the address to listen on
: "${PORT:=8080}"  # the port to listen on

cd "$FOLDER"
sha256sum --check --quiet SHA256SUMS
exec python3 -m http.server --bind "$HOST" "$PORT"
