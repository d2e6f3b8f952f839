#!/bin/sh
# Serve the mirror with Caddy, as an ordinary user, in HTML and JSON.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${ADDRESS:=http://:8081}"  # where to serve; a public name gets https
: "${CADDY_LOG:=$PWD/caddy-access.log}"  # the log of requests, one JSON object a line

export MIRROR ADDRESS CADDY_LOG
exec caddy run --config Caddyfile --adapter caddyfile
