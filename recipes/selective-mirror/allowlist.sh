#!/bin/sh
# Resolve the projects you use to the full list: with all they depend on, on every
# platform.
#
# The list goes to $MIRROR/allowlist.txt, one name a line; what is new on it is said.
# Exit codes: 0 the list is up to date; 1 a requirement cannot be met, and the list
# stays as it was.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${PROJECTS:=projects.in}"  # what you use: requirements, or files of them, separated by spaces
: "${OLDEST_PYTHON:=3.10}"  # the oldest Python that will install from the mirror
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it

mkdir -p "$MIRROR"
list=$MIRROR/allowlist.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

resolve() { # FILE
    if ! uv pip compile --quiet --no-config --refresh --no-annotate --no-header \
        --universal --python-version "$OLDEST_PYTHON" --no-python-downloads \
        --default-index "$UPSTREAM/simple/" "$1" >>"$work/resolved.txt"; then
        echo "allowlist: ${1##*/} cannot be resolved (see above): the old list stays" >&2
        exit 1
    fi
}

# Each file is resolved on its own, so two files may contradict each other.
for entry in $PROJECTS; do
    if [ -f "$entry" ]; then
        resolve "$entry"
    else
        echo "$entry" >>"$work/PROJECTS"
    fi
done
[ ! -f "$work/PROJECTS" ] || resolve "$work/PROJECTS"

sed -e 's/[^A-Za-z0-9._-].*//' -e '/^$/d' "$work/resolved.txt" | sort -u >"$work/new.txt"
touch "$work/old.txt"
[ ! -f "$list" ] || cp "$list" "$work/old.txt"
comm -13 "$work/old.txt" "$work/new.txt" | sed 's/^/allowlist: new: /'
comm -23 "$work/old.txt" "$work/new.txt" | sed 's/^/allowlist: no longer needed: /'
if ! cmp -s "$work/old.txt" "$work/new.txt"; then
    cp "$work/new.txt" "$list.new"
    mv "$list.new" "$list"
fi
