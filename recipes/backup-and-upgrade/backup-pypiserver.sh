#!/bin/sh
# Back up pypiserver while it runs: its distributions and its passwords.
#
# A distribution that is not whole is left out, and named.
# Exit codes: 0 there is one more backup; 1 there is one more, but something was left out, or
# there is none, as the output says;
# 2 a setting is wrong; 3 another backup is at work.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${PYPISERVER:=$PWD/pypiserver}"  # where pypiserver's folder `packages` and its htpasswd live
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
: "${PATIENCE:=10}"  # seconds to wait for an upload or a sync that is going on
umask 077

case $PATIENCE in
'' | *[!0-9]*)
    echo "backup: PATIENCE is \"$PATIENCE\": set it to a number of seconds" >&2
    exit 2
    ;;
esac
folder=$BACKUPS/pypiserver
mkdir -p "$folder"
exec 9>"$folder/lock"
if ! flock -n 9; then
    echo "backup: another backup of pypiserver is at work: nothing done" >&2
    exit 3
fi
new=$folder/.new
rm -rf "$new"  # of a backup that was killed
failed() { # SENTENCE
    rm -rf "$new"
    echo "backup: $1; the backups before are untouched" >&2
    exit 1
}

waited=0
while :; do
    mkdir "$new"
    cp -RLp "$PYPISERVER/packages" "$new/packages" || failed "$PYPISERVER/packages was not copied"
    broken=$(python3 broken_files.py "$new/packages") || failed "the copy could not be read"
    if [ -z "$broken" ] || [ "$waited" -ge "$PATIENCE" ]; then
        break
    fi
    rm -rf "$new"
    sleep 1
    waited=$((waited + 1))
done
[ -z "$broken" ] || printf '%s\n' "$broken" | while read -r name; do
    rm -f "$new/packages/$name"
    echo "backup: left out, as it is not whole: $name; upload it again" >&2
done
cp -p "$PYPISERVER/htpasswd" "$new/htpasswd" || failed "the htpasswd was not copied"
sh ./finish-backup.sh "$folder" || failed "it was not finished"
[ -z "$broken" ]
