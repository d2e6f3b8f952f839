#!/bin/sh
# Serve the current generation with nginx, as an ordinary user, in HTML and JSON.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${MIRROR:=$PWD/mirror}"  # where the generations are; the web server reads web in it
: "${STATE:=$PWD/nginx}"  # where nginx keeps its pid, its log and its temporary files
: "${LISTEN:=8080}"  # port, or address:port, to serve on

case $MIRROR$STATE$LISTEN in
*[\"\$\&\|\\\;]*)
    echo "serve: none of \" \$ & | \\ ; can be in MIRROR, STATE or LISTEN: nginx or sed would read it" >&2
    exit 2
    ;;
esac
command -v nginx >/dev/null || {
    echo "serve: there is no nginx on PATH: install it" >&2
    exit 2
}
mkdir -p "$STATE"
sed -e "s|@MIRROR@|$MIRROR|" -e "s|@STATE@|$STATE|" -e "s|@LISTEN@|$LISTEN|" \
    nginx.conf.in >"$STATE/nginx.conf"
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
