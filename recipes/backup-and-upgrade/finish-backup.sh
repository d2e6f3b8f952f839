#!/bin/sh
# Finish a backup: write SHA256SUMS over it, give it its name in one step, and remove the oldest.
#
# sh finish-backup.sh FOLDER: the other scripts call it, with the folder FOLDER/.new they have filled.
set -eu
: "${KEEP:=7}"  # so many backups of each server are kept

# Leave the machine's locale aside, so that the same files are in the same order everywhere.
export LC_ALL=C
case $KEEP in
'' | *[!0-9]* | 0)
    echo "backup: KEEP is \"$KEEP\": set it to a number from 1 on" >&2
    exit 2
    ;;
esac
folder=$(cd "$1" && pwd)
cd "$folder/.new"
# shellcheck disable=SC2094  # find leaves it out
find . -type f ! -path ./SHA256SUMS -exec sha256sum {} + | sort -k 2 >SHA256SUMS
sync

# The name is the time, so a list in the order of names is one in the order of time.
name=$(date -u +%Y%m%dT%H%M%SZ)
while [ -e "$folder/$name" ]; do
    sleep 1
    name=$(date -u +%Y%m%dT%H%M%SZ)
done
mv "$folder/.new" "$folder/$name"
echo "backup: $folder/$name"
echo "backup: its sum, to keep elsewhere: $(sha256sum "$folder/$name/SHA256SUMS" | cut -c 1-64)"

cd "$folder"
for old in $(printf '%s\n' [0-9]*Z | sort -r | sed "1,${KEEP}d"); do
    mv "$old" .new  # what is half removed has no name either
    rm -rf .new
    echo "backup: removed the old $old"
done
