#!/bin/sh
# Serve of an index only what is some days old, in HTML and JSON, for installers that cannot see to it
# themselves.
set -eu
cd "$(dirname "$0")"
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you take from; it must give upload times
: "${DAYS:=7}"  # so old must a file be, in whole days
: "${EXCEPTIONS:=$PWD/exceptions.txt}"  # what may be younger; read again at each request
: "${KEEP:=60}"  # seconds for which a page is not asked for again
: "${LISTEN:=127.0.0.1:8080}"  # address:port to serve on
: "${PYTHON:=python3}"  # the Python to use, with what is in requirements-proxy.txt

case $DAYS in
    ''|0*|*[!0-9]*|?????*)
        echo "cooldown: DAYS is a whole number of days from 1 to 9999, not '$DAYS'" >&2
        exit 2 ;;
esac
case $KEEP in
    ''|*[!0-9]*|?????*) echo "cooldown: KEEP is a number of seconds, not '$KEEP'" >&2; exit 2 ;;
esac
case $UPSTREAM in
    http://*|https://*) ;;
    *) echo "cooldown: UPSTREAM: '$UPSTREAM' is no address of an index" >&2; exit 2 ;;
esac
case $LISTEN in
    *:*[!0-9]*|*:|:*) echo "cooldown: LISTEN: '$LISTEN' is not address:port" >&2; exit 2 ;;
    *:*) ;;
    *) echo "cooldown: LISTEN: '$LISTEN' is not address:port" >&2; exit 2 ;;
esac
if [ ! -e "$EXCEPTIONS" ]; then
    echo "cooldown: $EXCEPTIONS is not there; an empty file means that there is no exception" >&2
    exit 2
fi
if ! "$PYTHON" -c "import packaging, starlette, uvicorn, datetime; datetime.UTC" 2>/dev/null; then
    echo "cooldown: $PYTHON must be Python 3.11 or newer with what is in requirements-proxy.txt" >&2
    exit 2
fi
export UPSTREAM DAYS EXCEPTIONS KEEP LISTEN
exec "$PYTHON" cooldown.py
