#!/bin/sh
# Serve one index for both with nginx: private names lead to the private index, all others to the
# public one.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${NAMES:=}"  # names of your private projects, separated by spaces; acme-* is every name that begins so
: "${PRIVATE:=https://private.example/simple/}"  # your private index
: "${PUBLIC:=https://pypi.org/simple/}"  # the public index
: "${LISTEN:=127.0.0.1:8080}"  # port, or address:port, to serve on
: "${STATE:=$PWD/nginx}"  # where nginx keeps its pid, its settings and its temporary files

case $NAMES in *[!\ ]*) ;; *)
    echo "one-index: say which names are private: NAMES='acme-lib acme-core' sh one-index.sh" >&2
    exit 2 ;;
esac
for address in "$PRIVATE" "$PUBLIC"; do
    case $address in
        *[!A-Za-z0-9:/._~%@+=-]*) ;;
        http://*|https://*) continue ;;
    esac
    echo "one-index: '$address' is no address of an index" >&2
    exit 2
done
# acme-lib is acme_lib and Acme.Lib too: any run of - _ and . is the same to an installer.
case $NAMES in
    *[!A-Za-z0-9._*\ -]*) echo "one-index: NAMES: '$NAMES' is not names and spaces" >&2; exit 2 ;;
esac
set -f
# shellcheck disable=SC2086  # one word for each name
pattern=$(printf '%s\n' $NAMES | sed -e 's/[-_.][-_.]*/[-_.]+/g' -e 's/\*/[a-z0-9._-]*/g' |
    paste -s -d '|' -)
mkdir -p "$STATE"
for conf in nginx.conf one-index.conf; do
    sed -e "s#@NAMES@#$pattern#" -e "s#@PRIVATE@#${PRIVATE%/}/#" -e "s#@PUBLIC@#${PUBLIC%/}/#" \
        -e "s#@LISTEN@#$LISTEN#" -e "s#@STATE@#$STATE#" "$conf.in" >"$STATE/$conf"
done
exec nginx -p "$STATE" -c "$STATE/nginx.conf" -e stderr
