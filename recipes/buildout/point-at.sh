#!/bin/sh
# Point a buildout at an index: write the address into its configuration, and nothing else.
set -eu
: "${CONFIG:=buildout.cfg}"  # your buildout
: "${INDEX:=https://mirror.example/simple/}"  # the index that it is to ask, and no other

case $INDEX in
    *[!A-Za-z0-9.:/_+~%-]*) bad=yes ;;
    http://*/ | https://*/) bad= ;;
    *) bad=yes ;;
esac
if [ -n "$bad" ]; then
    echo "point-at: INDEX must be an address like https://mirror.example/simple/, without a password" >&2
    exit 2
fi
if [ "$(grep -c '^index *=' "$CONFIG")" != 1 ]; then
    echo "point-at: $CONFIG must have one line that begins with index =" >&2
    exit 2
fi
sed "s|^index *=.*|index = $INDEX|" "$CONFIG" >"$CONFIG.new"
mv "$CONFIG.new" "$CONFIG"
