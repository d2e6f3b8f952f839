#!/bin/sh
# Serve the mirror, its copy, a cache and devpi with nginx: for the drills only.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${SOURCE:=https://pypi.org}"  # the index that the cache takes from
: "${STATE:=$PWD/fronts}"  # where the drills' servers keep what they have
: "${BLOCKED:=/etc/nginx/blocked}"  # the folder that nginx-block.conf includes
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens
: "${MIRROR_LISTEN:=127.0.0.1:8081}"  # where the mirror is served
: "${COPY_LISTEN:=127.0.0.1:8082}"  # where its copy is served
: "${CACHE_LISTEN:=127.0.0.1:8083}"  # where the cache serves
: "${PRIVATE_LISTEN:=127.0.0.1:8084}"  # where devpi is served

mkdir -p "$STATE"
for conf in front-nginx.conf nginx-block.conf nginx-block-server.conf; do
    in=$conf
    [ -f "$in" ] || in=$conf.in
    sed -e "s|@SOURCE@|$SOURCE|" -e "s|@STATE@|$STATE|" -e "s|@DEVPI_LISTEN@|$DEVPI_LISTEN|" \
        -e "s|@MIRROR_LISTEN@|$MIRROR_LISTEN|" -e "s|@COPY_LISTEN@|$COPY_LISTEN|" \
        -e "s|@CACHE_LISTEN@|$CACHE_LISTEN|" -e "s|@PRIVATE_LISTEN@|$PRIVATE_LISTEN|" \
        -e "s|/etc/nginx/blocked|$BLOCKED|" "$in" >"$STATE/$conf"
done
exec nginx -p "$STATE" -c "$STATE/front-nginx.conf" -e stderr
