#!/bin/sh
# Tell somebody that the last sync was not healthy, with its report.
set -eu
cd "$(dirname "$0")"
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${ALARM:=logger -t selective-mirror -p user.err}"  # what tells you; it reads the text

{
    echo "The mirror in $MIRROR on $(uname -n) is not healthy. The last report:"
    cat "$MIRROR/report.txt" || echo "(there is none)"
} 2>&1 | sh -c "$ALARM"
