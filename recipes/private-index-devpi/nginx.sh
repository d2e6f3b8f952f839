#!/bin/sh
# Put nginx in front of devpi, as an ordinary user: TLS, and a login for every request.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${HOST:=private.example}"  # the name, or IPv4 address, that clients use
: "${LISTEN:=8443}"  # port, or address:port, to serve on
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens, for nginx
: "${COMPANY:=acme}"  # who owns the indexes: acme/dev, acme/staging, acme/production
: "${TLS:=$PWD/tls}"  # where ca.pem, server.pem and server.key are
: "${STATE:=$PWD/nginx}"  # where nginx keeps its pid, its log and its temporary files

mkdir -p "$STATE"
(umask 077 && : >>"$STATE/access.log")  # it has the names of your projects
for conf in nginx.conf nginx-index.conf; do
    sed -e "s|@HOST@|$HOST|" -e "s|@LISTEN@|$LISTEN|" -e "s|@DEVPI_LISTEN@|$DEVPI_LISTEN|" \
        -e "s|@COMPANY@|$COMPANY|g" -e "s|@TLS@|$TLS|" -e "s|@STATE@|$STATE|" \
        "$conf.in" >"$STATE/${conf#nginx-}"
done
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
