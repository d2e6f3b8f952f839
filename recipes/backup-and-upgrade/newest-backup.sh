#!/bin/sh
# Print the backup to restore: the newest of a folder, unless you name one.
set -eu
: "${BACKUP:=}"  # the backup to restore, a folder; empty: the newest

if [ -z "$BACKUP" ]; then
    BACKUP=$(find "$1" -mindepth 1 -maxdepth 1 -name '[0-9]*Z' 2>/dev/null | sort | tail -n 1)
fi
if [ -z "$BACKUP" ]; then
    echo "restore: there is no finished backup in $1; set BACKUPS, or name one with BACKUP" >&2
    exit 1
fi
if ! (cd "$BACKUP" 2>/dev/null && pwd); then
    echo "restore: there is no backup $BACKUP; name another with BACKUP" >&2
    exit 1
fi
