#!/bin/sh
# Hold what is served against the public index: fresh, complete, unaltered, nothing withdrawn?
#
# Exit codes: those of mirrorlab check.
set -eu
cd "$(dirname "$0")"
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${MIRROR:=$PWD/mirror}"  # where the generations are; the web server reads web in it
: "${INDEX:=https://pypi.org/simple/}"  # the index at the beginning of the chain
: "${WANTED:=}"  # of a mirror of some projects: the file that names them, one a line
: "${MAX_AGE:=3h}"  # how far behind you may be: the time between two syncs, of all levels together

command -v "$MIRRORLAB" >/dev/null || {
    echo "check: there is no $MIRRORLAB: install the kit, or name its command in MIRRORLAB" >&2
    exit 2
}
set -- "$MIRROR/web" --upstream "$INDEX" --max-age "$MAX_AGE"
[ -z "$WANTED" ] || set -- "$@" --projects "$WANTED"
exec "$MIRRORLAB" check "$@"
