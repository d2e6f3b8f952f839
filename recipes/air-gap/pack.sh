#!/bin/sh
# Fill a bundle with all that your project needs, for each target: your own wheel, wheels, sdists and
# what builds them, pip, an interpreter. Beside them a lock for each target, and sums of it all.

set -eu

: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you take from
: "${PROJECT:=app}"  # your project: a folder with a pyproject.toml
: "${TARGETS:=targets.txt}"  # for whom: a Python and a platform a line
: "${BUNDLE:=bundle}"  # the folder that travels
: "${INTERPRETERS:=yes}"  # yes: a CPython for each target comes along; no: it is there already
: "${PYTHON_MIRROR:=}"  # where uv takes interpreters from; empty: its own place
: "${PYTHON_LIST:=}"  # the interpreters uv may take, as JSON; empty: its own list
: "${PYTHON:=python3}"  # the Python that packs, with build and packaging
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

# UPSTREAM alone: what this machine's own settings name beside it is not asked.
export UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$UPSTREAM"
unset UV_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS
recipe=$(dirname "$0")
BUNDLE=${BUNDLE%/}
scratch=$(mktemp -d)
aside=$scratch

# Should it end between two moves, the bundle before comes back.
tidy() {
    [ -e "$BUNDLE" ] || [ ! -e "$aside/old" ] || mv "$aside/old" "$BUNDLE"
    rm -rf "$scratch" "$aside"
}
trap tidy EXIT
trap 'exit 1' HUP INT TERM

wrong() {
    echo "pack: $1" >&2
    exit "${2:-2}"
}

# A platform, as uv names it for an interpreter. Its tags are in fetch.py.
build_of() {
    case $1 in
        *-manylinux_2_*) echo "-linux-${1%%-*}-gnu" ;;
        *-unknown-linux-musl) echo "-linux-${1%%-*}-musl" ;;
        aarch64-apple-darwin) echo "-macos-aarch64-none" ;;
        x86_64-pc-windows-msvc) echo "-windows-x86_64-none" ;;
    esac
}

# The same, as a Python there says it of itself: what install.sh compares with.
machine_of() {
    case $1 in
        *-manylinux_2_* | *-unknown-linux-musl) echo "linux-${1%%-*}" ;;
        aarch64-apple-darwin) echo darwin-arm64 ;;
        x86_64-pc-windows-msvc) echo win32-AMD64 ;;
        -) "$PYTHON" -c 'import platform, sys; print(f"{sys.platform}-{platform.machine()}")' ;;
    esac
}

# take IN LOCK [wheels]: pin what IN asks for on the target, and fetch it by its hashes. uv judges
# environment markers by the target; pip would judge them by the Python it runs on.
take() {
    in=$1 out=$2 files=${3:-any}
    set -- --no-emit-package "$own"
    [ "$platform" = - ] || set -- "$@" --python-platform "$platform"
    [ "$files" = any ] || set -- "$@" --only-binary :all:
    uv pip compile --quiet --python "$interpreter" --python-version "$version" --format pylock.toml \
        --no-header --output-file "$scratch/pylock.toml" "$@" "$in" >/dev/null
    "$PYTHON" "$recipe/fetch.py" "$scratch/pylock.toml" "$new/files" "$out" \
        "$version" "$platform" "$files"
    rm "$scratch/pylock.toml"
}

# interpreter_of: let uv fetch the target's CPython, which compares it with the sum it knows.
interpreter_of() {
    wanted=cpython-$version
    export UV_PYTHON_DOWNLOADS=manual
    export UV_PYTHON_INSTALL_MIRROR="$PYTHON_MIRROR" UV_PYTHON_DOWNLOADS_JSON_URL="$PYTHON_LIST"
    [ -n "$PYTHON_MIRROR" ] || unset UV_PYTHON_INSTALL_MIRROR
    [ -n "$PYTHON_LIST" ] || unset UV_PYTHON_DOWNLOADS_JSON_URL
    set --
    if [ "$platform" != - ]; then
        wanted=$wanted$(build_of "$platform")
        set -- --all-platforms --all-arches
    fi
    uv python list --only-downloads --output-format json "$@" "$wanted" >"$scratch/known.json"
    UV_PYTHON_CACHE_DIR="$scratch/archives" uv python install --no-bin \
        --install-dir "$scratch/unpacked" "$wanted" ||
        wrong "no interpreter for $name; INTERPRETERS=no packs without" 1
    "$PYTHON" "$recipe/interpreters.py" "$scratch/known.json" "$scratch/archives" "$new/interpreters"
}

# Say all that is wrong with the settings before anything is fetched.
[ -f "$PROJECT/pyproject.toml" ] || wrong "$PROJECT has no pyproject.toml; name your project in PROJECT"
[ -f "$TARGETS" ] || wrong "there is no file $TARGETS; name one in TARGETS"
case $INTERPRETERS in yes | no) ;; *) wrong "INTERPRETERS is yes or no, not $INTERPRETERS" ;; esac
case $UPSTREAM in *@*) wrong "UPSTREAM has a login in it; put that into ~/.netrc" ;; esac
# awk ends each line, also the last; and an editor on Windows leaves carriage returns.
awk '{ sub(/#.*/, ""); sub(/\r$/, "") } NF' "$TARGETS" >"$scratch/targets"
[ -s "$scratch/targets" ] || wrong "$TARGETS names no target"
while read -r name version platform more <&3; do
    case $name in *[!a-z0-9-]* | -*) wrong "$TARGETS: $name is no name: small letters, digits, hyphens" ;; esac
    case $version in
        3.[0-9] | 3.[0-9][0-9]) [ "$platform" = - ] || [ -n "$(build_of "$platform")" ] ||
            wrong "$TARGETS: $name: there is no platform '$platform'; add it to pack.sh and fetch.py" ;;
        -) [ "$platform" = - ] || wrong "$TARGETS: $name: say a Python for $platform" ;;
        *) wrong "$TARGETS: $name: '$version' is no Python, like 3.13" ;;
    esac
    [ -z "$more" ] || wrong "$TARGETS: $name: '$more' is too much"
done 3<"$scratch/targets"
twice=$(awk '{ print $1 }' "$scratch/targets" | sort | uniq -d)
[ -z "$twice" ] || wrong "$TARGETS: $twice stands there twice"

if [ -L "$BUNDLE" ] || { [ -e "$BUNDLE" ] && ! FROM="$BUNDLE" ONLY=added sh "$recipe/verify.sh"; }; then
    wrong "$BUNDLE is there and is not a bundle alone; name another place in BUNDLE"
fi
interpreter=$(command -v "$PYTHON") || wrong "there is no $PYTHON; name one in PYTHON"
{ command -v uv >/dev/null && "$PYTHON" -c 'import build, packaging' 2>/dev/null; } ||
    wrong "there is no uv, or $PYTHON lacks build: install requirements.txt and put its bin into PATH"
aside=$(mktemp -d "$BUNDLE.XXXXXX")
new=$aside/new
mkdir -p "$new/files" "$new/locks"

# Your own project, as a wheel that is good for every target. Built from a copy, because some
# backends leave folders of their own where they build.
mkdir "$scratch/project"
cp -R "$PROJECT"/. "$scratch/project"
uv build --quiet --wheel --python "$interpreter" --out-dir "$scratch/own" "$scratch/project"
wheel=$(basename "$scratch"/own/*.whl)
case $wheel in
    *-none-any.whl) ;;
    *) wrong "$wheel is good for this machine alone; pack on each platform, see the page" ;;
esac
own=$(echo "${wheel%%-*}" | tr _ -)
rest=${wheel#*-}
echo "$own @ file://$scratch/own/$wheel" >"$scratch/project.in"
cp "$scratch/own/$wheel" "$new/files"

while read -r name version platform <&3; do
    [ "$version" != - ] || version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ "$INTERPRETERS" = no ] || interpreter_of >"$new/locks/$name.interpreter"
    take "$scratch/project.in" "$new/locks/$name.txt"
    sum=$($SHA256 "$new/files/$wheel" | cut -c 1-64)
    echo "$own==${rest%%-*} --hash=sha256:$sum" >>"$new/locks/$name.txt"
    echo "$name $version $platform $(machine_of "$platform")" >>"$new/targets.txt"
done 3<"$scratch/targets"

# What builds the sdists among them, and pip, without which nothing is installed. All of it wheels.
"$PYTHON" "$recipe/build_requires.py" "$new"/files >"$scratch/build.in"
echo pip >>"$scratch/build.in"
while read -r name version platform _ <&3; do
    take "$scratch/build.in" "$new/locks/$name-build.txt" wheels
done 3<"$new/targets.txt"

cp "$recipe/install.sh" "$recipe/verify.sh" "$recipe/receive.sh" "$new"
(cd "$new" && find . -type f | cut -c 3- | LC_ALL=C sort | while read -r file; do
    $SHA256 "$file"
done) >"$scratch/SHA256SUMS"
cp "$scratch/SHA256SUMS" "$new"

# Only now does the new bundle take the place of the old one.
[ ! -e "$BUNDLE" ] || mv "$BUNDLE" "$aside/old"
mv "$new" "$BUNDLE"
cut -c 67- "$BUNDLE/SHA256SUMS"
