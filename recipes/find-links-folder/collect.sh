#!/bin/sh
# Fill a folder with everything that wanted.in asks for, for each target: wheels, sdists and what
# building them needs. Beside the files go two locks with hashes, and SHA256SUMS of the whole.

set -eu

: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you collect from
: "${WANTED:=wanted.in}"  # what you want: a requirements file
: "${FOLDER:=packages}"  # the folder that travels
: "${TARGETS:=here 3.13:x86_64-manylinux_2_28 3.13:aarch64-apple-darwin 3.13:x86_64-pc-windows-msvc}"  # who installs: `here` is this machine, others are PYTHON:PLATFORM as uv names platforms
: "${SDISTS:=keep}"  # keep: they are built where they are installed; build: here and now, into wheels
: "${PYTHON:=python3}"  # the Python to use, with pip; collect.sh also needs build in it
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

# UPSTREAM alone: what this machine's own settings name beside it is not asked.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$UPSTREAM" UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$UPSTREAM"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS UV_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS
recipe=$(dirname "$0")
interpreter=$(command -v "$PYTHON")
new=$FOLDER.new
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$new"' EXIT
trap 'exit 1' HUP INT TERM

# The oldest Python of all targets: one lock serves them all, and pins from there upwards.
oldest() {
    for target in $TARGETS; do
        case $target in
            here) "$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])' ;;
            *) echo "${target%%:*}" ;;
        esac
    done | sort -t . -k 1,1n -k 2,2n | sed 1q
}

# lock IN OUT [OPTION...]: pin what IN asks for, with the hashes that the index states.
lock() {
    in=$1 out=$2
    shift 2
    uv pip compile --quiet --python "$interpreter" --universal --python-version "$oldest" \
        --generate-hashes --no-header --no-annotate --output-file "$out" "$@" "$in"
}

# The platform tags of a target, best first. pip takes them word by word: without all the older
# manylinux tags it passes over most wheels, silently, and takes the sdist.
tags() {
    case $1 in
        *-manylinux_2_*)
            machine=${1%%-*}
            glibc=${1##*_}
            while [ "$glibc" -ge 5 ]; do
                echo "manylinux_2_${glibc}_$machine"
                [ "$glibc" -ne 17 ] || echo "manylinux2014_$machine"
                [ "$glibc" -ne 12 ] || echo "manylinux2010_$machine"
                [ "$glibc" -ne 5 ] || echo "manylinux1_$machine"
                glibc=$((glibc - 1))
            done
            ;;
        *-unknown-linux-musl)
            printf 'musllinux_1_%s\n' "2_${1%%-*}" "1_${1%%-*}"
            ;;
        aarch64-apple-darwin) echo macosx_13_0_arm64 ;;
        x86_64-apple-darwin) echo macosx_13_0_x86_64 ;;
        x86_64-pc-windows-msvc) echo win_amd64 ;;
        aarch64-pc-windows-msvc) echo win_arm64 ;;
        *) echo "collect: there is no platform $1; add its tags to collect.sh" >&2; exit 2 ;;
    esac
}

# pick LOCK [OPTION...]: the lines of a lock that are for one target. pip would judge their markers
# by the Python it runs on.
pick() {
    uv pip compile --quiet --python "$interpreter" --no-deps --generate-hashes --no-header \
        --no-annotate "$@"
}

# fetch LOCK TARGET [OPTION...]: download the files of a lock that fit a target.
fetch() {
    lock=$1 target=$2
    shift 2
    pins=$scratch/pins.txt
    if [ "$target" = here ]; then
        pick "$lock" >"$pins"
    else
        python=${target%%:*} platform=${target#*:}
        pick "$lock" --python-version "$python" --python-platform "$platform" >"$pins"
        set -- "$@" --python-version "$python"
        for tag in $(tags "$platform"); do
            set -- "$@" --platform "$tag"
        done
    fi
    [ ! -s "$pins" ] ||
        "$PYTHON" -m pip download --quiet --no-deps --require-hashes --dest "$new" "$@" -r "$pins"
}

for target in $TARGETS; do
    [ "$target" = here ] || tags "${target#*:}" >"$scratch/tags"
done
oldest=$(oldest)
rm -rf "$new"
mkdir "$new"

lock "$WANTED" "$new/requirements.txt"
for target in $TARGETS; do
    fetch "$new/requirements.txt" "$target"
done

"$PYTHON" "$recipe/build_requires.py" "$new" >"$scratch/build.in"
lock "$scratch/build.in" "$new/build-requirements.txt" --only-binary :all:
for target in $TARGETS; do
    fetch "$new/build-requirements.txt" "$target" --only-binary :all:
done

if [ "$SDISTS" = build ]; then
    for sdist in "$new"/*.tar.gz; do
        [ -e "$sdist" ] || continue
        rm -rf "$scratch/built"
        "$PYTHON" -m pip wheel --quiet --no-deps --no-index --find-links "$new" --no-cache-dir \
            --build-constraint "$new/build-requirements.txt" --wheel-dir "$scratch/built" "$sdist"
        # In the lock the wheel takes the place of the sdist it was made from.
        was=$($SHA256 "$sdist" | cut -c 1-64)
        is=$($SHA256 "$scratch"/built/*.whl | cut -c 1-64)
        sed "s/$was/$is/" "$new/requirements.txt" >"$scratch/lock.txt"
        cp "$scratch/lock.txt" "$new/requirements.txt"
        mv "$scratch"/built/*.whl "$new"
        rm "$sdist"
    done
fi

(cd "$new" && $SHA256 -- * >"$scratch/SHA256SUMS")
cp "$scratch/SHA256SUMS" "$new"

# Only now does the new folder take the place of the old one.
rm -rf "$FOLDER.old"
[ ! -e "$FOLDER" ] || mv "$FOLDER" "$FOLDER.old"
mv "$new" "$FOLDER"
rm -rf "$FOLDER.old"
ls "$FOLDER"
