#!/bin/sh
# Install mirrorlab for a server, from a copy of this repository: what `check` needs, and no more.
set -eu
: "${PREFIX:=/opt/mirrorlab}"  # its environment; the command is bin/mirrorlab in it
: "${PYTHON:=python3}"         # 3.11 or newer
: "${REPOSITORY:=.}"           # the copy of the repository

"$PYTHON" -m venv "$PREFIX"
"$PREFIX/bin/python" -m pip install --quiet --require-hashes -r "$REPOSITORY/locks/server.txt"
"$PREFIX/bin/python" -m pip install --quiet --no-deps --no-build-isolation "$REPOSITORY"
"$PREFIX/bin/mirrorlab" --version
