#!/bin/sh
# Install with pip from nothing but the folder, into a virtual environment. Every file must have
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
    "$PYTHON" -m venv --without-pip "$VENV"
fi
# Nothing but the folder: no find-links of this machine's own settings.
export PIP_CONFIG_FILE=/dev/null
unset PIP_FIND_LINKS
# The hashes of build dependencies: pip 25.3 and newer obey, older ones rely on verify.sh.
export PIP_BUILD_CONSTRAINT="$FOLDER/build-requirements.txt"
"$PYTHON" -m pip --python "$VENV/bin/python" install --no-cache-dir \
    --no-index --find-links "$FOLDER" --require-hashes -r "$FOLDER/requirements.txt"
trap - EXIT
