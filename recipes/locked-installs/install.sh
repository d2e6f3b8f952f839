#!/bin/sh
# Install a lock with pip, through any mirror, into a virtual environment. A file whose hash is not in
# the lock is refused, and then nothing is installed.

set -eu

: "${LOCK:=app/requirements.txt}"  # the lock: requirements with hashes, or a pylock.toml
: "${INDEX:=https://pypi.org/simple/}"  # any mirror
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${PYTHON:=python3}"  # the Python to use, with pip
: "${SDISTS:=no}"  # yes: build what has no wheel, with build dependencies that no hash protects

case $LOCK in
*uv.lock)
    echo "install: pip cannot read $LOCK: use install-with-uv.sh" >&2
    exit 2
    ;;
esac
if [ ! -x "$VENV/bin/python" ]; then
    if [ -e "$VENV" ]; then
        echo "install: $VENV is there and is no virtual environment; name another in VENV" >&2
        exit 2
    fi
    # Should the install fail, nothing stays behind.
    trap 'rm -rf "$VENV"' EXIT
    trap 'exit 1' HUP INT TERM
    "$PYTHON" -m venv --without-pip "$VENV"
fi
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$INDEX"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
set -- --require-hashes -r "$LOCK"
[ "$SDISTS" = yes ] || set -- --only-binary :all: "$@"
"$PYTHON" -m pip --python "$VENV/bin/python" install "$@"
trap - EXIT
