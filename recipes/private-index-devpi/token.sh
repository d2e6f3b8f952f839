#!/bin/sh
# Make a token: a password for a machine, for some indexes, projects and actions, until a day.
#
# It is written to a file; made anew at each run. The older one goes on working until it ends.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens, for nginx
: "${SECRETS:=$PWD/secrets}"  # passwords and tokens, a file each, for this user only
: "${TOKEN:=ci}"  # the name of its file: secrets/ci.token
: "${TOKEN_USER:=ci}"  # whose rights it has; never more than these
: "${TOKEN_INDEXES:=acme/dev}"  # the only indexes it is for, separated by spaces; empty: all
: "${TOKEN_PROJECTS:=}"  # the only projects it is for, separated by spaces; empty: all
: "${TOKEN_ALLOWED:=pkg_read upload}"  # what it may do
: "${TOKEN_DAYS:=90}"  # after so many days it ends

export TOKEN_USER TOKEN_INDEXES TOKEN_PROJECTS TOKEN_ALLOWED TOKEN_DAYS
python3 make_token.py "http://$DEVPI_LISTEN" "$SECRETS" "$SECRETS/$TOKEN.token"
