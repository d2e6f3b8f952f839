#!/bin/sh
# Take a release out of every index of a devpi-server, mirrors and stages alike, volatile or not.
#
# Exit codes: 0 done; 1 something is left; 2 wrong use; 3 devpi does not answer, or not to you.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${DEVPI_URL:=http://127.0.0.1:3141}"  # where devpi listens, for nginx
: "${DEVPI_USER:=root}"  # who may delete from every index
: "${DEVPI_PASSWORD:=/srv/private-index-devpi/secrets/root.password}"  # the file with the password

export RELEASE
python3 purge_devpi.py "$LIST" "$DEVPI_URL" "$DEVPI_USER" "$DEVPI_PASSWORD"
