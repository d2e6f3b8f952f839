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
backup=$(sh ./newest-backup.sh "$BACKUPS/pypiserver")
sh ./verify-backup.sh "$backup" || exit 1

cd "$PYPISERVER"
rm -rf .new
trap 'rm -rf .new' EXIT
cp -Rp "$backup" .new
before=before-$(date -u +%Y%m%dT%H%M%SZ)
for name in htpasswd packages; do
    if [ -e "$name" ]; then
        mkdir -p "$before"
        mv "$name" "$before"
    fi
    mv ".new/$name" .
done
[ ! -e "$before" ] || echo "restore: what was there is in $PYPISERVER/$before"
echo "restore: $PYPISERVER is now as it was in ${backup##*/}"
