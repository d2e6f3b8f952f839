#!/bin/sh
# HAProxy runs this for each mirror: 0 where its verdict is good and still counts. A verdict
# that is bad, missing, cut off, too old, or ends in more than 30 days is a failure.
set -eu
cd "$(dirname "$0")"
: "${VERDICTS:=$PWD/verdicts}"  # where the verdicts lie

read -r word until _ <"$VERDICTS/$HAPROXY_SERVER_NAME" || exit 1
[ "$word" = good ] || exit 1
case $until in
'' | *[!0-9]* | ????????????*) exit 1 ;;
esac
left=$((until - $(date +%s)))
[ "$left" -gt 0 ] && [ "$left" -le 2592000 ]
