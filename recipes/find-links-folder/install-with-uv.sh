#!/bin/sh
# Install with uv from nothing but the folder, into a virtual environment. Every file must have
# the hash that was locked, those that build an sdist included.

set -eu

: "${FOLDER:=packages}"  # the folder that travels
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${PYTHON:=python3}"  # the Python to use, with pip; collect.sh also needs build in it

FOLDER="$FOLDER" sh "$(dirname "$0")/verify.sh"

if [ ! -x "$VENV/bin/python" ]; then
    # Should the install fail, nothing stays behind.
    trap 'rm -rf "$VENV"' EXIT
    trap 'exit 1' HUP INT TERM
    uv venv --no-python-downloads --python "$(command -v "$PYTHON")" "$VENV"
fi
# Nothing but the folder: no find-links of this machine's own settings.
export UV_NO_CONFIG=1
unset UV_FIND_LINKS
uv pip install --python "$VENV/bin/python" --no-cache \
    --no-index --find-links "$FOLDER" --require-hashes \
    --build-constraints "$FOLDER/build-requirements.txt" -r "$FOLDER/requirements.txt"
trap - EXIT
