#!/bin/sh
# Tell somebody that a backup or a check has failed; the units call it with the name of what failed.
set -eu
: "${ALARM:=logger -t backup-and-upgrade -p user.err}"  # what tells you; it reads the text

unit=$(echo "$1" | sed 's/-/@/')
echo "$unit on $(uname -n) has failed: journalctl -u $unit" | sh -c "$ALARM"
