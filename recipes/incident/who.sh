#!/bin/sh
# Say who has downloaded a file of the release, from the logs of all that serve.
#
# Exit codes: 0 all logs are read; 2 wrong use; 3 a log could not be read to its end, or a line that
# names the project is not understood: what could be told is told.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${LOGS:=/var/log/nginx/*access.log*}"  # the logs of everything that serves, rotated and packed ones too
: "${TRUSTED:=}"  # addresses of your own proxies: only theirs is the X-Forwarded-For that counts
: "${WHO:=$PWD/who.csv}"  # the table that is written

export RELEASE TRUSTED
# shellcheck disable=SC2086  # one word for each log
python3 who.py "$LIST" "$WHO" $LOGS
