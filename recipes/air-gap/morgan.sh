#!/bin/sh
# Fill a folder with what morgan.ini asks for, for each environment in it, and with the server that
# serves it as an index inside. Then say whether it may leave: morgan itself does not.

set -eu

: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you take from
: "${MORGAN_INI:=morgan.ini}"  # for whom, and what
: "${MORGAN:=morgan}"  # the program
: "${MIRROR:=mirror}"  # the folder that travels
: "${TARGETS:=targets.txt}"  # for whom: a Python and a platform a line
: "${PYTHON:=python3}"  # the Python that packs, with build and packaging

export UV_NO_CONFIG=1 UV_OFFLINE=1
unset UV_FIND_LINKS
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

stays() {
    echo "morgan: $MIRROR must not leave: $1" >&2
    exit 1
}

# Read as morgan reads it.
"$PYTHON" -c 'import configparser, sys
ini = configparser.ConfigParser()
with open(sys.argv[1], encoding="utf-8") as file:
    ini.read_file(file)
for name, versions in ini["requirements"].items():
    print(*(f"{name} {each}" for each in versions.split("\n")), sep="\n")
' "$MORGAN_INI" >"$scratch/wanted.txt" 2>"$scratch/said" || true
[ -s "$scratch/wanted.txt" ] || { echo "morgan: $MORGAN_INI asks for nothing in [requirements]" >&2; exit 2; }
case $UPSTREAM in *@*) echo "morgan: UPSTREAM has a login in it, and others could read it" >&2; exit 2 ;; esac
mkdir -p "$MIRROR"
cp "$MORGAN_INI" "$MIRROR/morgan.ini"
"$MORGAN" --index-path "$MIRROR" --index-url "$UPSTREAM" mirror >"$scratch/said" 2>&1 ||
    {
        ! grep -q JSONDecodeError "$scratch/said" ||
            stays "$UPSTREAM has no JSON (PEP 691), and morgan reads nothing else"
        cat "$scratch/said" >&2
        stays "morgan failed"
    }
cat "$scratch/said"

# Morgan goes on without what it cannot have, and ends with 0. So resolve it all, from the folder alone.
rehearsed=no
awk '{ sub(/#.*/, ""); sub(/\r$/, "") } NF' "$TARGETS" >"$scratch/targets"
while read -r name version platform <&3; do
    set -- --dry-run --python-version "$version" --python-platform "$platform"
    [ "$platform" != - ] || set -- --target "$scratch/site"
    for folder in "$MIRROR"/*/; do
        set -- "$@" --find-links "$folder"
    done
    uv pip install --quiet --python "$(command -v "$PYTHON")" --no-cache --no-index "$@" \
        -r "$scratch/wanted.txt" || stays "it is not enough for $name"
    rehearsed=yes
done 3<"$scratch/targets"
[ $rehearsed = yes ] || stays "$TARGETS names no target"
