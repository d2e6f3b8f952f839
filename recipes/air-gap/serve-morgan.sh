#!/bin/sh
# Serve what morgan collected, with nothing but Python: http://HOST:PORT/PROJECT/.

set -eu

: "${MIRROR:=mirror}"  # the folder that travels
: "${HOST:=127.0.0.1}"  # the address to listen on; morgan's own default is all of them
: "${PORT:=8080}"  # the port
: "${PYTHON:=python3}"  # any Python from 3.7 on

exec "$PYTHON" "$MIRROR/server.py" --index-path "$MIRROR" --host "$HOST" --port "$PORT"
