#!/bin/sh
# Refuse a lock in which a private name has a hash that your private index does not list.
#
# It reads requirements.txt, uv.lock, poetry.lock, pdm.lock, pylock.toml and Pipfile.lock.
# Exit codes: 0 all are yours; 1 one is not; 2 wrong use; 3 could not tell.
set -eu
: "${LOCK:=}"  # the lock to check
: "${NAMES:=}"  # names of your private projects, separated by spaces; acme-* is every name that begins so
: "${PRIVATE:=https://private.example/simple/}"  # your private index
: "${PYTHON:=python3}"  # the Python of the environment

if [ -z "$LOCK" ] || [ -z "$(printf %s "$NAMES" | tr -d ' ')" ]; then
    echo "check-lock: say what and for whom: LOCK=uv.lock NAMES='acme-*' sh check-lock.sh" >&2
    exit 2
fi
exec "$PYTHON" "$(dirname "$0")/check_lock.py" "$LOCK" "$PRIVATE" "$NAMES"
