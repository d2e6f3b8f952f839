#!/bin/sh
# Make the list of all files of a release, from what your indexes list, hold and have cached.
#
# All other scripts work from this list. Run it again at any time: it only adds.
# Exit codes: 0 listed; 1 there is nothing of that release, so no list; 2 wrong use; 3 listed, but
# somewhere could not be looked, and the output says where.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list
: "${SERVED=https://mirror.example/simple/ https://private.example/simple/}"  # every index that you serve
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index that they take from
: "${TREES=/srv/selective-mirror/mirror/web}"  # folders with simple/ and packages/ in them: the mirror, its copies, each generation
: "${CACHES=/var/cache/nginx}"  # folders of proxy_cache_path; empty where there are none
: "${DEVPI=}"  # folders of devpi-server (--serverdir); empty where there are none

INDEXES="$SERVED $UPSTREAM"
export RELEASE INDEXES TREES CACHES DEVPI
python3 find_files.py "$LIST"
