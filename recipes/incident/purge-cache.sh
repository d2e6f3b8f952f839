#!/bin/sh
# Delete from nginx caches the files of a release and the pages of its project; the rest stays.
#
# nginx need not be told: it asks upstream for what is gone from its folder.
# Exit codes: 0 nothing of it is left; 1 something is; 2 wrong use; 3 that is no cache.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${CACHES:=/var/cache/nginx}"  # folders of proxy_cache_path

export RELEASE
# shellcheck disable=SC2086  # one word for each cache
python3 purge_cache.py "$LIST" $CACHES
