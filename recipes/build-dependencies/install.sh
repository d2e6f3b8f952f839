#!/bin/sh
# Install the lock from wheels alone: yours, and those of the mirror. Nothing is built.

set -eu

: "${MIRROR:=https://mirror.example/simple/}"  # the index that a build may ask
: "${WHEELS:=wheels}"  # where the wheels go, and their lock
: "${WITH:=pip}"  # pip or uv
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${PYTHON:=python3}"  # the Python that builds and installs

case $WITH in pip | uv) ;; *)
    echo "install: WITH is pip or uv, not '$WITH'" >&2
    exit 2 ;;
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
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$MIRROR" UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$MIRROR"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS
set -- install --only-binary :all: --require-hashes --find-links "$WHEELS" -r "$WHEELS/requirements.txt"
case $WITH in
    pip) "$PYTHON" -m pip --python "$VENV/bin/python" "$@" ;;
    uv) uv pip "$@" --python "$VENV/bin/python" ;;
esac
trap - EXIT
