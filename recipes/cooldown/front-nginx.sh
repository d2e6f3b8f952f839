#!/bin/sh
# Put an nginx cache, a bandersnatch tree and a proxy for HTML in front of an index: for the drills only.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${SOURCE:=https://pypi.org}"  # the index that they take from
: "${STATE:=$PWD/fronts}"  # where they keep what they have
: "${CACHE_LISTEN:=127.0.0.1:8081}"  # where the cache serves
: "${TREE_LISTEN:=127.0.0.1:8082}"  # where the bandersnatch tree is served
: "${HTML_LISTEN:=127.0.0.1:8083}"  # where the proxy serves that knows HTML only

mkdir -p "$STATE"
sed -e "s|@SOURCE@|$SOURCE|" -e "s|@STATE@|$STATE|" -e "s|@CACHE_LISTEN@|$CACHE_LISTEN|" \
    -e "s|@TREE_LISTEN@|$TREE_LISTEN|" -e "s|@HTML_LISTEN@|$HTML_LISTEN|" \
    front-nginx.conf.in >"$STATE/nginx.conf"
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
