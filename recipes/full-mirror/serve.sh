#!/bin/sh
# Serve the mirror with nginx, within limits for each address.
#
# Exit codes: 2 a setting is wrong; otherwise those of nginx, which serves until it is stopped.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${STATE:=$PWD/nginx}"  # where nginx keeps its pid, its log and its temporary files
: "${LISTEN:=8080}"  # port, or address:port, to serve on
: "${FILE_HOST:=}"  # who has the files that are not here, like https://files.pythonhosted.org
: "${RATE:=50r/s}"  # requests that one address, or IPv6 /64, may go on making
: "${BURST:=1000}"  # requests that it may make beyond that at once
: "${CONNECTIONS:=100}"  # requests that it may have under way
: "${RETRY_AFTER:=10}"  # seconds after which it is asked to come again
: "${UNLIMITED:=}"  # networks that are not limited, like 192.0.2.0/24, separated by spaces

FILE_HOST=${FILE_HOST%/}
case $FILE_HOST in
"") elsewhere='return 404' ;;
*[!A-Za-z0-9._:/-]* | */packages | */simple)
    echo "serve: FILE_HOST=$FILE_HOST: write the address of the host alone: not begun" >&2
    exit 2
    ;;
https://* | http://*) elsewhere="return 302 $FILE_HOST\$request_uri" ;;
*)
    echo "serve: FILE_HOST=$FILE_HOST is no address: not begun" >&2
    exit 2
    ;;
esac
mkdir -p "$STATE"
for network in $UNLIMITED; do
    echo "$network 0;"
done >"$STATE/unlimited.conf"
sed -e "s|@MIRROR@|$MIRROR|" -e "s|@STATE@|$STATE|" -e "s|@LISTEN@|$LISTEN|" \
    -e "s|@RATE@|$RATE|" -e "s|@BURST@|$BURST|" -e "s|@CONNECTIONS@|$CONNECTIONS|" \
    -e "s|@RETRY_AFTER@|$RETRY_AFTER|" -e "s|@ELSEWHERE@|$elsewhere|" \
    mirror.conf.in >"$STATE/mirror.conf"
cat >"$STATE/nginx.conf" <<END
daemon off;
worker_processes auto;
pid $STATE/nginx.pid;
error_log stderr error;
events {
    worker_connections 4096;
}
http {
    client_body_temp_path $STATE/body;
    proxy_temp_path $STATE/proxy;
    fastcgi_temp_path $STATE/fastcgi;
    uwsgi_temp_path $STATE/uwsgi;
    scgi_temp_path $STATE/scgi;
    sendfile on;
    include $STATE/mirror.conf;
}
END
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
