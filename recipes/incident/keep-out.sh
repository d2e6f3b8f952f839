#!/bin/sh
# Put the release on the blocklist of bandersnatch, so that no sync brings it back.
#
# It adds at most two lines to the configuration, and reads them again as bandersnatch does.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${BANDERSNATCH_CONF:=/srv/selective-mirror/bandersnatch.conf.in}"  # the configuration, or what it is made from

export RELEASE
python3 keep_out.py "$LIST" "$BANDERSNATCH_CONF"
