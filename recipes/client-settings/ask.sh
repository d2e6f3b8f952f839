#!/bin/sh
# Ask an index itself, before any installer is told of it: certificate, login, project.
#
# Exit codes: 0 it answers; 1 it does not, or lets strangers in; 2 wrong use; 3 could not tell.
set -eu
: "${INDEX:=https://private.example/simple/}"  # the index to ask
: "${PROJECT:=acme-lib}"  # a project that it must have
: "${AUTHORITY:=}"  # the certificate of your authority, where the system does not trust it
: "${LOGIN:=}"  # a netrc file; then the index must refuse whoever has no login

case $INDEX in
    *@*) echo "ask: no login in the address: put it into a netrc file, LOGIN=~/.netrc" >&2; exit 2 ;;
    https://*|http://*) ;;
    *) echo "ask: '$INDEX' is no address of an index" >&2; exit 2 ;;
esac
case $PROJECT in
    ''|*[!A-Za-z0-9._-]*) echo "ask: '$PROJECT' is no name of a project" >&2; exit 2 ;;
esac
for file in "$AUTHORITY" "$LOGIN"; do
    [ -z "$file" ] || [ -s "$file" ] || { echo "ask: $file is not there, or empty" >&2; exit 2; }
done
page=${INDEX%/}/$(printf '%s\n' "$PROJECT" | tr 'A-Z_.' 'a-z--' | tr -s -)/

# What curl ends with is in $ended, the status in $status.
fetch() {
    ended=0
    status=$(curl --silent --location --output /dev/null --max-time 30 ${AUTHORITY:+--cacert "$AUTHORITY"} \
        --write-out '%{http_code}' "$@" "$page") || ended=$?
}
if [ "$LOGIN" ]; then fetch --netrc-file "$LOGIN"; else fetch; fi
case $ended in
    0) ;;
    60|35) echo "ask: $page: no authority that is trusted here has signed its certificate" >&2; exit 1 ;;
    77) echo "ask: $AUTHORITY is no certificate" >&2; exit 2 ;;
    *) echo "ask: could not tell: $page does not answer (curl: $ended)" >&2; exit 3 ;;
esac
case $status in
    200) ;;
    401|403) echo "ask: $page wants a login that it accepts, it says $status" >&2; exit 1 ;;
    404) echo "ask: $page is not there, it says 404" >&2; exit 1 ;;
    *) echo "ask: could not tell: $page says $status" >&2; exit 3 ;;
esac
if [ "$LOGIN" ]; then
    fetch
    case $status in
        401|403|404) ;;
        200) echo "ask: $page is there for everybody, also without a login" >&2; exit 1 ;;
        *) echo "ask: could not tell: without a login $page says $status" >&2; exit 3 ;;
    esac
fi
echo "ask: $page is there"
