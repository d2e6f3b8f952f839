#!/bin/sh
# Print the backup to restore: the newest of a folder, unless you name one.
set -eu
: "${BACKUP:=}"  # the backup to restore, a folder; empty: the newest

if [ -z "$BACKUP" ]; then
    BACKUP=$(find "$1" -mindepth 1 -maxdepth 1 -name '[0-9]*Z' | sort | tail -n 1)
    [ -n "$BACKUP" ] || BACKUP=$1/none
fi
echo "$BACKUP"
