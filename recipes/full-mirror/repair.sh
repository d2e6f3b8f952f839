#!/bin/sh
# Read files of the mirror, every byte, and fetch again what is missing or damaged.
#
# A sync looks only at what has changed upstream: a file that is lost or goes bad here stays so.
# Exit codes: 0 healthy, perhaps after a repair; 1 still not; 2 a setting is wrong, or the mirror has
# pages alone; 3 could not tell.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${SAMPLE:=500}"  # how many projects are looked at, drawn at random; all: every one

case $SAMPLE in
all) how=--deep ;;
"" | *[!0-9]* | 0*)
    echo "repair: SAMPLE=$SAMPLE is neither a number nor all: nothing done" >&2
    exit 2
    ;;
*) how="--sample $SAMPLE" ;;
esac
if [ ! -s "$MIRROR/wanted.txt" ]; then
    echo "repair: no sync has been done in $MIRROR yet: nothing done" >&2
    exit 3
fi
if [ "$(cat "$MIRROR/files" 2>&1 || :)" = no ]; then
    echo "repair: $MIRROR has pages alone (FILES=no), so there is no file to read: nothing done" >&2
    exit 2
fi
exec 9>"$MIRROR/sync.lock"
if ! flock -n 9; then
    echo "repair: a sync works in $MIRROR: nothing done" >&2
    exit 3
fi
if [ -f "$MIRROR/todo" ]; then
    echo "repair: the last sync did not come to its end: run sync.sh first: nothing done" >&2
    exit 3
fi
look() { # OPTION...
    code=0
    "$MIRRORLAB" check "$MIRROR" --upstream "${UPSTREAM%/}/simple/" \
        --projects "$MIRROR/wanted.txt" --json "$@" \
        >"$MIRROR/check.json" || code=$?
    case $code in 0 | 1) ;; *) could_not_tell ;; esac
    python3 findings.py "$MIRROR/check.json" >"$MIRROR/findings.txt" || could_not_tell
    sed 's/^/repair: /' "$MIRROR/findings.txt"
}
could_not_tell() {
    echo "repair: the check could not tell, see $MIRROR/check.json" >&2
    exit 3
}

# shellcheck disable=SC2086  # an option and its value
look $how
if [ "$code" -eq 0 ]; then
    echo "repair: healthy"
    exit 0
fi
names=$(sed -n 's/^fetch again \([^ :]*\):.*/\1/p' "$MIRROR/findings.txt" | sort -u)
# What no download mends may be gone after one: the files of a lost page were left over, for example.
others=$(grep -v '^fetch again ' "$MIRROR/findings.txt") || :
beside=$(printf '%s\n' "$others" | sed -n 's/^[^:]*: \([A-Za-z0-9._-]*\): .*/\1/p' | sort -u)
if [ -n "$names" ]; then
    # shellcheck source=/dev/null
    . ./no-proxy.sh
    printf '%s\n' "$names" | xargs -n 200 bandersnatch -c "$MIRROR/bandersnatch.conf" sync \
        >"$MIRROR/bandersnatch.log" 2>&1 ||
        echo "repair: bandersnatch broke off, see $MIRROR/bandersnatch.log" >&2
    rm -f "$MIRROR/todo"
    set --
    for name in $names $beside; do
        set -- "$@" --project "$name"
    done
    look --deep "$@"
    # Only a look at the whole sees what is left over; it need not read every byte again.
    [ "$code" -ne 0 ] || [ -z "$others" ] || [ "$SAMPLE" != all ] || look
fi
if [ "$code" -eq 0 ]; then
    echo "repair: healthy again"
    exit 0
fi
echo "repair: NOT healthy"
exit 1
