#!/bin/sh
# Look for a secret in image archives, folders and logs: as it is, and as base64, URLs, JSON, HTML,
# hex and UTF-16 have it. Archives are unpacked, to the bottom. The secret is never printed.
#
# Exit codes: 0 it is not there; 1 it is, and the output names where; 2 wrong use, as no secret or
# one of less than 8 characters; 3 could not tell, as something is cut off or cannot be unpacked.

set -eu

: "${LOOK_IN:=app.tar}"  # where to look: image archives, folders, files, separated by spaces
: "${SECRET_FILE:=}"  # the file with the secret: one line, or a netrc file with passwords
: "${SECRET:=}"  # in place of a file: the secret itself, from a secret of the CI
: "${PYTHON:=python3}"  # the Python to use

if ! "$PYTHON" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
    echo "find-secret: $PYTHON must be Python 3.11 or newer" >&2
    exit 2
fi
here=$(dirname "$0")
for each in find_secret looking unpacking image_parts spellings; do
    if [ ! -f "$here/$each.py" ]; then
        echo "find-secret: $each.py must be beside find-secret.sh" >&2
        exit 2
    fi
done
export SECRET_FILE SECRET PYTHONIOENCODING=:backslashreplace
# shellcheck disable=SC2086  # one word for each place
exec "$PYTHON" "$here/find_secret.py" $LOOK_IN
