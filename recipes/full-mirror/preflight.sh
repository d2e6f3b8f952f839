#!/bin/sh
# Compare the free space with what is needed, before anything is copied.
#
# Exit codes: 0 there is room; 1 there is not; 2 a setting is wrong or absent; 3 could not tell.
set -eu
cd "$(dirname "$0")"
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${NEED:=}"  # what the whole mirror will take, like 45T or 900G; 1T is 10^12 bytes
: "${SPARE:=200G}"  # no sync begins with less free space than this

bytes() { # NAME VALUE
    digits=${2%[KMGT]}
    case $digits in
    "" | *[!0-9]* | 0?* | ?????????*)
        echo "preflight: $1=$2 is no size: write up to eight digits, then K, M, G or T" >&2
        exit 2
        ;;
    esac
    case $2 in
    *K) echo "${digits}000" ;;
    *M) echo "${digits}000000" ;;
    *G) echo "${digits}000000000" ;;
    *T) echo "${digits}000000000000" ;;
    *) echo "$digits" ;;
    esac
}

spare=$(bytes SPARE "$SPARE")
mkdir -p "$MIRROR"
free=$(df -Pk "$MIRROR" | awk 'NR == 2 {print $4}')
case $free in
"" | *[!0-9]*)
    echo "preflight: df does not say how much is free in $MIRROR: could not tell" >&2
    exit 3
    ;;
esac
free=$((free * 1024))
if [ "$free" -lt "$spare" ]; then
    echo "preflight: $free bytes are free in $MIRROR, and $spare must be (SPARE): not begun" >&2
    exit 1
fi
# What is here already, of a neighbour for example, counts until the first sync is done.
[ ! -s "$MIRROR/status" ] || exit 0
if [ -z "$NEED" ]; then
    echo "preflight: say how much the mirror will take, like NEED=45T: not begun" >&2
    exit 2
fi
need=$(bytes NEED "$NEED")
here=$(du -sk "$MIRROR" | awk '{print $1}')
here=$((here * 1024))
if [ $((free + here)) -lt "$need" ]; then
    echo "preflight: the mirror needs $need bytes (NEED), and $MIRROR has room for" \
        "$((free + here)): not begun" >&2
    exit 1
fi
echo "preflight: room for $((free + here)) bytes, $need are needed"
