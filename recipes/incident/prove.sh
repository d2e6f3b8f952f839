#!/bin/sh
# Ask every index for the release as installers do, and look into every folder: nothing may be there.
#
# Exit codes: 0 nothing serves or holds it; 1 something does; 2 wrong use; 3 could not tell.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${SERVED=https://mirror.example/simple/ https://private.example/simple/}"  # every index that you serve
: "${TREES=/srv/selective-mirror/mirror/web}"  # folders with simple/ and packages/ in them: the mirror, its copies, each generation
: "${CACHES=/var/cache/nginx}"  # folders of proxy_cache_path; empty where there are none
: "${DEVPI=}"  # folders of devpi-server (--serverdir); empty where there are none

export RELEASE TREES CACHES DEVPI
# shellcheck disable=SC2086  # one word for each index
python3 prove.py "$LIST" $SERVED
