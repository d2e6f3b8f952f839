#!/bin/sh
# Find a secret in files: locks, logs, caches. It never prints the secret.
#
# Exit codes: 0 it is nowhere; 1 it is somewhere; 2 wrong use; 3 could not tell.
set -eu
: "${SECRET_FILE:=}"  # a file whose first line is the secret
: "${PLACES:=}"  # files and folders to search, separated by spaces
: "${MAY_HAVE:=}"  # files that may have it, such as your netrc, separated by spaces
: "${PYTHON:=python3}"  # the Python that searches

if [ -z "$SECRET_FILE" ] || [ -z "$(printf %s "$PLACES" | tr -d ' ')" ]; then
    echo "find-secret: say what and where: SECRET_FILE=token.txt PLACES='uv.lock log' sh find-secret.sh" >&2
    exit 2
fi
exec "$PYTHON" "$(dirname "$0")/find_secret.py" "$SECRET_FILE" "$PLACES" "$MAY_HAVE"
