#!/bin/sh
# On a machine that has it: empty the caches of pip and uv, and find where the release is installed.
#
# `pip cache remove` takes away wheels that pip has built, not what it has downloaded. So all goes.
# Exit codes: 0 it is not on this machine; 1 it is, and the output says where; 2 wrong use; 3 something
# could not be read: run it as root.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${PIP:=python3 -m pip}"  # how to call pip
: "${UV:=uv}"  # how to call uv
: "${SEARCH:=/home /opt /root /srv /usr /var}"  # folders in which environments and caches may be

export RELEASE
release=$(python3 block.py "$LIST" name)
caches=
if cache=$($PIP cache dir 2>/dev/null); then
    caches=$cache
    $PIP cache purge 2>&1
fi
if cache=$($UV cache dir 2>/dev/null); then
    caches="$caches $cache"
    $UV cache clean "${release%%=*}" 2>&1
fi
# shellcheck disable=SC2086  # one word for each folder
python3 clean_client.py "$LIST" $caches -- $SEARCH
