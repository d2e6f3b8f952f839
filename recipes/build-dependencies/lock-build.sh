#!/bin/sh
# Find out which releases of a lock have no wheel for this machine, fetch their sdists by hash, and
# lock everything that builds them, with hashes.
#
# Asking an sdist what builds it runs code of its build backend: where only TRUSTED can be reached.
# Exit codes: 0 locked; 1 refused: a file is missing or is not the one that was locked, or a backend
# wants more than TRUSTED; 2 wrong use; 3 the index does not answer, or it cannot be told.

set -eu

: "${LOCK:=requirements.txt}"  # what you install: a lock with hashes
: "${TRUSTED:=https://pypi.org/simple/}"  # the index whose hashes you believe
: "${FILES:=files.pythonhosted.org}"  # the hosts where TRUSTED keeps its files, as host or host:port
: "${SDISTS:=sdists}"  # where the sdists are put; build.sh takes them from there
: "${BUILD_LOCK:=build-requirements.txt}"  # the lock of what builds them
: "${CLOSED:=yes}"  # no: build in the open, where namespaces are not to be had, and see nothing
: "${PYTHON:=python3}"  # the Python that builds and installs

case $CLOSED in yes | no) ;; *)
    echo "lock-build: CLOSED is yes or no, not '$CLOSED'" >&2
    exit 2 ;;
esac
if [ -e "$SDISTS" ] && [ ! -d "$SDISTS" ]; then
    echo "lock-build: $SDISTS is no folder: name another in SDISTS" >&2
    exit 2
fi
SDISTS=${SDISTS%/}
# What is replaced is what this script has made, and nothing else.
for each in "$SDISTS"/* "$SDISTS"/.[!.]*; do
    case ${each##*/} in *.tar.gz | '*' | '.[!.]*') ;; *)
        echo "lock-build: $each is not mine to replace: name another folder in SDISTS" >&2
        exit 2 ;;
    esac
done
recipe=$(cd "$(dirname "$0")" && pwd)

# TRUSTED alone: an index that settings of this machine name is not asked.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$TRUSTED"
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS

closed() {
    if [ "$CLOSED" = no ]; then
        "$@"
    else
        MIRROR=$TRUSTED ALLOW=$FILES WAY=namespace MAY_ASK_NOBODY=yes "$PYTHON" "$recipe/closed.py" "$@"
    fi
}

work=$(mktemp -d "$SDISTS.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/new" "$work/unpacked"
"$PYTHON" "$recipe/needs.py" "$LOCK" "$TRUSTED" "$work" >"$work/sources"
echo "# Nothing but this builds the sdists of $LOCK." >"$work/lock.txt"
for sdist in "$work"/new/*.tar.gz; do
    [ ! -e "$sdist" ] || echo "# to build: ${sdist##*/}" >>"$work/lock.txt"
done
if [ -s "$work/sources" ]; then
    set --
    while read -r source; do set -- "$@" "$source"; done <"$work/sources"
    closed "$PYTHON" -m piptools compile --quiet --no-config --no-header --no-annotate \
        --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --only-build-deps \
        --build-deps-for wheel --output-file "$work/pins.txt" "$@"
    cat "$work/pins.txt" >>"$work/lock.txt"
fi

cp "$work/lock.txt" "$BUILD_LOCK"
rm -rf "$SDISTS"
mv "$work/new" "$SDISTS"
for sdist in "$SDISTS"/*.tar.gz; do
    if [ -e "$sdist" ]; then echo "to be built: ${sdist##*/}"; else echo "nothing is to be built"; fi
done
