#!/bin/sh
# Say why an installer finds no files of a project: devpi gives it an empty page for many reasons.
#
# Exit codes: 0 there are files; 1 there are none; 2 wrong use; 3 could not tell, as somebody does
# not answer.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens, for nginx
: "${COMPANY:=acme}"  # who owns the indexes: acme/dev, acme/staging, acme/production
: "${STAGE:=production}"  # the stage the installer asked
: "${PROJECT:=}"  # the project it asked for

if [ -z "$PROJECT" ]; then
    echo "why: say for which project: PROJECT=acme-lib sh why.sh" >&2
    exit 2
fi
python3 why.py "http://$DEVPI_LISTEN" "$COMPANY" "$STAGE" "$PROJECT"
