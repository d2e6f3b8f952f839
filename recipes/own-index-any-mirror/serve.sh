#!/bin/sh
# Serve the pages with nginx, and send whoever wants a file to a mirror that has it.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${SITE:=$PWD/site}"  # where pages.sh keeps the pages
: "${STATE:=$PWD/nginx}"  # where nginx keeps its pid, its log and its temporary files
: "${LISTEN:=127.0.0.1:8080}"  # address:port; any but this machine's own needs a certificate
: "${CERTIFICATE:=}"  # the file of your host's certificate, for LISTEN on another address
: "${KEY:=}"  # the file of its key
: "${USERS:=}"  # a file of users as htpasswd makes it, if clients must log in
: "${MIRROR:=https://public.example}"  # the mirror near you, up to /packages/
: "${NEXT:=https://files.pythonhosted.org}"  # where comes from what MIRROR has not
: "${METADATA:=https://files.pythonhosted.org}"  # where core metadata comes from: a host you trust
: "${FILES_BY:=pass}"  # pass: nginx fetches for clients; redirect: they go to the mirror
: "${PATIENCE:=5s}"  # how long a mirror may say nothing before the other one is asked

wrong() { echo "serve: $*" >&2; exit 2; }
origin() { printf %s "$1" | sed -n 's|^\(https\{0,1\}://[A-Za-z0-9.:-]\{1,\}\)\(/[A-Za-z0-9._~/-]*\)\{0,1\}$|\1|p'; }

value=
for name in SITE STATE CERTIFICATE KEY USERS LISTEN PATIENCE MIRROR NEXT METADATA; do
    eval "value=\$$name"
    case $value in
        *[!]A-Za-z0-9._~:/@+,[-]*) wrong "$name: it has a character that nginx would read as its own" ;;
    esac
    case $name:$value in
        SITE:/* | STATE:/* | CERTIFICATE:/* | KEY:/* | USERS:/* | CERTIFICATE: | KEY: | USERS:) ;;
        SITE:* | STATE:* | CERTIFICATE:* | KEY:* | USERS:*) wrong "$name: write the whole path, from / on" ;;
    esac
done
for name in MIRROR NEXT METADATA; do
    eval "value=\$$name"
    case $(origin "$value") in
        https://* | http://localhost:* | http://127.0.0.1:*) ;;
        *) wrong "$name: write https://HOST or https://HOST/FOLDER, without a login" ;;
    esac
done
echo "$LISTEN" | grep -Eqx '([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]+' || wrong "LISTEN: write ADDRESS:PORT"
echo "$PATIENCE" | grep -Eqx '[1-9][0-9]*(ms|s|m)' || wrong "PATIENCE: write a time as 5s or 500ms"
tls=
case $LISTEN in
    127.0.0.1:* | '[::1]:'* | localhost:*) ;;
    *) [ -n "$CERTIFICATE" ] || wrong "LISTEN=$LISTEN without CERTIFICATE: anybody on the way could alter a page" ;;
esac
if [ -n "$CERTIFICATE" ]; then
    if ! [ -r "$CERTIFICATE" ] || ! [ -r "$KEY" ]; then
        wrong "CERTIFICATE or KEY cannot be read"
    fi
    tls=" ssl; ssl_certificate $CERTIFICATE; ssl_certificate_key $KEY"
fi
users="auth_basic off"
if [ -n "$USERS" ]; then
    [ -r "$USERS" ] || wrong "USERS=$USERS cannot be read"
    users="auth_basic \"own index\"; auth_basic_user_file $USERS"
fi
[ -e "files-$FILES_BY.conf.in" ] || wrong "FILES_BY=$FILES_BY: write redirect or pass"

folder() { printf %s "${1#"$(origin "$1")"}" | sed 's|/*$||'; }
mkdir -p "$STATE"
(umask 077 && : >>"$STATE/access.log")  # it has the names of what you install
for conf in nginx.conf "files-$FILES_BY.conf"; do
    sed -e "s|@SITE@|$SITE|" -e "s|@STATE@|$STATE|" -e "s|@LISTEN@|$LISTEN$tls|" \
        -e "s|@MIRROR@|$(origin "$MIRROR")|" -e "s|@MIRROR_FOLDER@|$(folder "$MIRROR")|" \
        -e "s|@NEXT@|$(origin "$NEXT")|" -e "s|@NEXT_FOLDER@|$(folder "$NEXT")|" \
        -e "s|@USERS@|$users|" -e "s|@METADATA@|${METADATA%/}|" -e "s|@PATIENCE@|$PATIENCE|" \
        "$conf.in" >"$STATE/${conf%-"$FILES_BY".conf}"
done
mv "$STATE/files" "$STATE/files.conf"
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
