#!/bin/sh
# Install with uv from nothing but the folder, into a virtual environment. Every file must have
# the hash that was locked, those that build an sdist included.

set -eu

: "${FOLDER:=packages}"  # the folder that travels
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${PYTHON:=python3}"  # the Python to install for; install.sh needs its pip, 22.3 or newer

FOLDER="$FOLDER" sh "$(dirname "$0")/verify.sh"

if [ ! -x "$VENV/bin/python" ]; then
    # Should the install fail, nothing stays behind.
    trap 'rm -rf "$VENV"' EXIT
    trap 'exit 1' HUP INT TERM
    uv venv --no-python-downloads --python "$(command -v "$PYTHON")" "$VENV"
fi
uv pip install --python "$VENV/bin/python" --no-cache \
    --no-index --find-links "$FOLDER" --require-hashes \
    --build-constraints "$FOLDER/build-requirements.txt" -r "$FOLDER/requirements.txt"
trap - EXIT
