#!/bin/sh
# Let nginx refuse the files of a release from now on, whatever lies behind it.
#
# Undo: remove the file it writes, and reload nginx.
# Exit codes: 0 every address of the list is refused; 1 something is still served; 2 wrong use.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${BLOCKED:=/etc/nginx/blocked}"  # the folder that nginx-block.conf includes
: "${SERVED:=https://mirror.example/simple/ https://private.example/simple/}"  # every index that you serve
: "${NGINX_COMMAND:=nginx}"  # how to call nginx, for -t and -s reload

export RELEASE SERVED
file=$BLOCKED/$(python3 block.py "$LIST" name).conf
mkdir -p "$BLOCKED"
python3 block.py "$LIST" map >"$file.new"
mv "$file.new" "$file"
if ! $NGINX_COMMAND -t -q; then
    echo "block: NOTHING IS BLOCKED yet: mend what nginx says of its configuration, then try again" >&2
    exit 1
fi
$NGINX_COMMAND -s reload
python3 block.py "$LIST" wait
