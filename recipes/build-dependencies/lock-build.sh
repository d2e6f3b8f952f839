#!/bin/sh
# Find out which releases of a lock have no wheel for this machine, fetch their sdists by hash, and
# lock everything that builds them, with hashes.
#
# Asking an sdist what builds it runs code of its build backend. Exit codes: 0 locked; 1 a file is
# not the one that was locked, or is missing; 2 wrong use; 3 the index does not answer.

set -eu

: "${LOCK:=requirements.txt}"  # what you install: a lock with hashes
: "${TRUSTED:=https://pypi.org/simple/}"  # the index whose hashes you believe
: "${SDISTS:=sdists}"  # where the sdists are put; build.sh takes them from there
: "${BUILD_LOCK:=build-requirements.txt}"  # the lock of what builds them
: "${PYTHON:=python3}"  # the Python that builds and installs

# TRUSTED alone: an index that settings of this machine name is not asked.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$TRUSTED"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
new=$SDISTS.new
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$new"' EXIT
trap 'exit 1' HUP INT TERM

rm -rf "$new"
mkdir "$new"
"$PYTHON" "$(dirname "$0")/needs.py" "$LOCK" "$TRUSTED" "$new" >"$scratch/sources"
echo "# Nothing but this builds the sdists of $LOCK." >"$scratch/lock.txt"
if [ -s "$scratch/sources" ]; then
    set --
    while read -r source; do set -- "$@" "$source"; done <"$scratch/sources"
    "$PYTHON" -m piptools compile --quiet --no-config --no-header --no-annotate --strip-extras \
        --allow-unsafe --generate-hashes --no-emit-index-url --only-build-deps \
        --build-deps-for wheel --output-file "$scratch/pins.txt" "$@"
    cat "$scratch/pins.txt" >>"$scratch/lock.txt"
fi
rm -rf "$new/unpacked"

cp "$scratch/lock.txt" "$BUILD_LOCK"
rm -rf "$SDISTS"
mv "$new" "$SDISTS"
for sdist in "$SDISTS"/*.tar.gz; do
    if [ -e "$sdist" ]; then echo "to be built: ${sdist##*/}"; else echo "nothing is to be built"; fi
done
