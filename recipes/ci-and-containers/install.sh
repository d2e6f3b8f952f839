#!/bin/sh
# Install a lock from your private index, in CI or in an image build. The login is on no command
# line, in no URL, and in no file that stays.

set -eu

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/login.sh"

: "${LOCK:=requirements.txt}"  # what to install: requirements with hashes, for pip and uv
: "${VENV:=.venv}"  # the virtual environment: made if it is not there
: "${INSTALLER:=pip}"  # pip or uv
: "${PYTHON:=python3}"  # the Python to use

case $INSTALLER in
pip) ;;
uv) command -v uv >/dev/null || stop "there is no uv on PATH: install it, or set INSTALLER=pip" ;;
*) stop "INSTALLER must be pip or uv" ;;
esac
[ -s "$LOCK" ] || stop "there is no lock $LOCK"
if grep -q '://[^/ ]*@' "$LOCK"; then
    stop "$LOCK holds a login: revoke it, and lock again with --no-emit-index-url"
fi
# INDEX alone. Nothing is built: that would run the code of others, with the login in reach.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$INDEX" PIP_NO_INPUT=1
export UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$INDEX" UV_LINK_MODE=copy
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv --without-pip "$VENV"
if [ "$INSTALLER" = uv ]; then
    uv pip install --python "$VENV/bin/python" --require-hashes --only-binary :all: -r "$LOCK"
else
    "$PYTHON" -m pip --disable-pip-version-check --python "$VENV/bin/python" install \
        --require-hashes --only-binary :all: -r "$LOCK"
fi
