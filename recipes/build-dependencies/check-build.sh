#!/bin/sh
# Run a build where it can reach your mirror and nothing else, and name every host that it wanted
# beside it: sh check-build.sh python3 -m build app
#
# Exit codes: 0 it asked the mirror only; 1 it wanted more, or it fails with the mirror alone;
# 2 wrong use; 3 could not tell.

set -eu

: "${MIRROR:=https://mirror.example/simple/}"  # the index that a build may ask
: "${ALLOW:=}"  # hosts that it may reach beside, as host or host:port: where your mirror keeps its files
: "${WAY:=auto}"  # namespace: a closed network, of Linux; proxy: see less; auto: the first that is to be had
: "${PYTHON:=python3}"  # the Python to use

if [ $# = 0 ]; then
    echo "check-build: say what to run: sh check-build.sh python3 -m build app" >&2
    exit 2
fi
case $WAY in auto | namespace | proxy) ;; *)
    echo "check-build: WAY is auto, namespace or proxy, not '$WAY'" >&2
    exit 2 ;;
esac
export MIRROR ALLOW WAY
exec "$PYTHON" "$(dirname "$0")/closed.py" "$@"
