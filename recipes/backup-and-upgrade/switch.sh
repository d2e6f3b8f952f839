#!/bin/sh
# Make another state of devpi the current one, in one rename.
#
# sh switch.sh DEVPI STATE: restore-devpi.sh, upgrade-devpi.sh and roll-back.sh call it.
set -eu

cd "$1"
rm -f current.new
ln -s "$2" current.new
python3 -c 'import os; os.replace("current.new", "current")'
