#!/bin/sh
# Say whether the folder may leave: it is what was collected, and it is enough for each target. A
# rehearsal without an index tells: really installed for this machine, resolved for all others.

set -eu

: "${FOLDER:=packages}"  # the folder that travels
: "${TARGETS:=here 3.13:x86_64-manylinux_2_28 3.13:aarch64-apple-darwin 3.13:x86_64-pc-windows-msvc}"  # who installs: `here` is this machine, others are PYTHON:PLATFORM as uv names platforms
: "${PYTHON:=python3}"  # the Python to use, with pip; collect.sh also needs build in it
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

export UV_NO_CONFIG=1
unset UV_FIND_LINKS
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# rehearse LOCK TARGET [OPTION...]: install a lock from nothing but the folder.
rehearse() {
    lock=$FOLDER/$1 target=$2
    shift 2
    if [ "$target" != here ]; then
        set -- "$@" --dry-run --python-version "${target%%:*}" --python-platform "${target#*:}"
    fi
    rm -rf "$scratch/site"
    uv pip install --quiet --python "$(command -v "$PYTHON")" --target "$scratch/site" --no-cache \
        --no-index --find-links "$FOLDER" --require-hashes \
        --build-constraints "$FOLDER/build-requirements.txt" "$@" -r "$lock"
}

FOLDER="$FOLDER" SHA256="$SHA256" sh "$(dirname "$0")/verify.sh"
for target in $TARGETS; do
    if ! rehearse requirements.txt "$target" ||
        ! rehearse build-requirements.txt "$target" --only-binary :all:; then
        echo "check: $FOLDER must not leave: it is not enough for $target" >&2
        exit 1
    fi
    echo "enough for $target"
done
echo "the sum to carry apart from the folder: $($SHA256 "$FOLDER/SHA256SUMS" | cut -c 1-64)"
