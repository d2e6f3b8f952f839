#!/bin/sh
# Install a lock with uv, through any mirror, into a virtual environment. A file whose hash is not in
# the lock is refused. What is in the environment and not in the lock is removed.

set -eu

: "${LOCK:=app/requirements.txt}"  # the lock: requirements with hashes, a pylock.toml or, for uv, a uv.lock
: "${INDEX:=https://pypi.org/simple/}"  # any mirror
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${PYTHON:=python3}"  # the Python to use, with pip
: "${SDISTS:=no}"  # yes: build what has no wheel, with build dependencies that no hash protects

export UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$INDEX"
unset UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS
half_made=
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" ${half_made:+"$half_made"}' EXIT
trap 'exit 1' HUP INT TERM

case $LOCK in
*uv.lock) # the same pins and hashes, without the addresses
    uv export --quiet --frozen --no-emit-project --project "$(dirname "$LOCK")" \
        --output-file "$scratch/requirements.txt"
    LOCK=$scratch/requirements.txt
    ;;
esac
if [ ! -x "$VENV/bin/python" ]; then
    if [ -e "$VENV" ]; then
        echo "install-with-uv: $VENV is there and is no virtual environment; name another in VENV" >&2
        exit 2
    fi
    half_made=$VENV
    uv venv --quiet --no-python-downloads --python "$(command -v "$PYTHON")" "$VENV"
fi
set -- --require-hashes "$LOCK"
[ "$SDISTS" = yes ] || set -- --only-binary :all: "$@"
uv pip sync --python "$VENV/bin/python" "$@"
half_made=
