#!/bin/sh
# Make every lock of a project, each with hashes, from an index that you trust. What is locked
# already stays as it is; UPGRADE names what may change.

set -eu

: "${PROJECT:=app}"  # the folder with your pyproject.toml; the locks are written into it
: "${TRUSTED:=https://pypi.org/simple/}"  # the index whose hashes you believe
: "${UPGRADE:=}"  # projects that may get a newer version, separated by spaces
: "${PYTHON:=python3}"  # the Python to use, with pip

# TRUSTED alone: an index that settings of this machine or [tool.…] tables name is not asked.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$TRUSTED" UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$TRUSTED"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS
UV_PYTHON=$(command -v "$PYTHON")
export UV_PYTHON

compile() {
    pip-compile --quiet --no-config --strip-extras --generate-hashes --no-emit-index-url "$@"
}

cd "$PROJECT"
set --
for name in $UPGRADE; do set -- "$@" --upgrade-package "$name"; done
compile "$@" --output-file requirements.txt pyproject.toml
uv lock --quiet "$@"
uv export --quiet --frozen --no-emit-project --output-file pylock.toml
echo "locked: $PROJECT/requirements.txt, uv.lock and pylock.toml"
