#!/bin/sh
# Serve a folder of distributions with pypiserver; whoever uploads needs a password.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${PYPISERVER:=$PWD/pypiserver}"  # where pypiserver's folder `packages` and its htpasswd live
: "${PYPISERVER_LISTEN:=127.0.0.1:8080}"  # address:port that pypiserver serves on
umask 077

mkdir -p "$PYPISERVER/packages"
exec 9>"$PYPISERVER/lock"
if ! flock -n 9; then
    echo "pypiserver: another script is at work in $PYPISERVER: not started" >&2
    exit 3
fi
if [ ! -f "$PYPISERVER/htpasswd" ]; then
    password=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" >"$PYPISERVER/uploader-password"
    hash=$(echo "$password" | openssl passwd -apr1 -stdin)
    echo "uploader:$hash" >"$PYPISERVER/htpasswd"
fi
exec pypi-server run --interface "${PYPISERVER_LISTEN%:*}" --port "${PYPISERVER_LISTEN##*:}" \
    --disable-fallback -P "$PYPISERVER/htpasswd" "$PYPISERVER/packages"
