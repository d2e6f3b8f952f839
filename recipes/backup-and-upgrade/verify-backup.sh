#!/bin/sh
# Say whether a backup is whole: every file is there with its sum, and none was added.
#
# sh verify-backup.sh BACKUP. The scripts that restore call it before they touch anything.
# Exit codes: 0 it is whole; 1 it is not, and the output names the file; 2 none is named.
set -eu
: "${SUM:=}"  # the sum that the backup ended with, kept elsewhere; empty: not compared

export LC_ALL=C
refuse() { # SENTENCE
    echo "verify-backup: $1: this backup is refused, nothing was touched" >&2
    exit 1
}

if [ -z "${1:-}" ]; then
    echo "verify-backup: name a backup: sh verify-backup.sh backups/devpi/20260105T023000Z" >&2
    exit 2
fi
[ -d "$1" ] || refuse "there is no backup $1"
[ -f "$1/SHA256SUMS" ] || refuse "$1 has no SHA256SUMS"
cd "$1"
if [ -n "$SUM" ] && [ "$SUM" != "$(sha256sum SHA256SUMS | cut -c 1-64)" ]; then
    refuse "$1/SHA256SUMS does not have the sum you gave"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cut -c 67- SHA256SUMS | sort >"$work/listed"
find . ! -type d ! -path ./SHA256SUMS | sort >"$work/there"
added=$(comm -13 "$work/listed" "$work/there" | sed 1q)
[ -z "$added" ] || refuse "$1/${added#./} is not in its SHA256SUMS"
missing=$(comm -23 "$work/listed" "$work/there" | sed 1q)
[ -z "$missing" ] || refuse "$1/${missing#./} is missing"
if ! sha256sum --quiet -c SHA256SUMS >"$work/wrong" 2>/dev/null; then
    file=$(sed -e 's/: [^:]*$//' -e 's|^\./||' -e 1q "$work/wrong")
    refuse "$1/${file:-SHA256SUMS} is damaged"
fi
