#!/bin/sh
# Restore a backup of pypiserver; what was there stays beside it.
#
# Exit codes: 0 restored; 1 refused, nothing was touched.
set -eu
cd "$(dirname "$0")"
: "${PYPISERVER:=$PWD/pypiserver}"  # where pypiserver's folder `packages` and its htpasswd live
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
umask 077

mkdir -p "$PYPISERVER"
exec 9>"$PYPISERVER/lock"
if ! flock -n 9; then
    echo "restore: pypiserver is serving $PYPISERVER: stop it first" >&2
    exit 1
fi
backup=$(sh ./newest.sh "$BACKUPS/pypiserver")
sh ./verify.sh "$backup" || exit 1

cd "$PYPISERVER"
rm -rf .new
cp -Rp "$backup" .new
if [ -e packages ]; then
    before=before-$(date -u +%Y%m%dT%H%M%SZ)
    mkdir "$before"
    mv packages htpasswd "$before"
    echo "restore: what was there is in $PYPISERVER/$before"
fi
mv .new/packages .new/htpasswd .
rm -rf .new
echo "restore: $PYPISERVER is now as it was in ${backup##*/}"
