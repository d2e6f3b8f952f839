#!/bin/sh
# Build the sdists once, into wheels: in a network where only the mirror can be reached, with nothing
# but what BUILD_LOCK has, by its hashes. Beside the wheels goes a lock that names them.
#
# Exit codes: 0 built; 1 refused, nothing has changed; 2 wrong use; 3 could not tell.

set -eu

: "${MIRROR:=https://mirror.example/simple/}"  # the index that a build may ask
: "${ALLOW:=}"  # hosts that it may reach beside, as host or host:port: where your mirror keeps its files
: "${LOCK:=requirements.txt}"  # what you install: a lock with hashes
: "${SDISTS:=sdists}"  # where the sdists are put; build.sh takes them from there
: "${BUILD_LOCK:=build-requirements.txt}"  # the lock of what builds them
: "${WHEELS:=wheels}"  # where the wheels go, and their lock
: "${WITH:=pip}"  # what builds: pip or uv
: "${CLOSED:=yes}"  # no: build in the open, where namespaces are not to be had, and see nothing
: "${PYTHON:=python3}"  # the Python that builds and installs
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

case $WITH in pip | uv) ;; *)
    echo "build: WITH is pip or uv, not '$WITH'" >&2
    exit 2 ;;
esac
case $CLOSED in yes | no) ;; *)
    echo "build: CLOSED is yes or no, not '$CLOSED'" >&2
    exit 2 ;;
esac
for file in "$LOCK" "$BUILD_LOCK"; do
    if [ ! -f "$file" ]; then
        echo "build: there is no $file: run lock-build.sh before" >&2
        exit 2
    fi
done
if [ ! -d "$SDISTS" ]; then
    echo "build: there is no folder $SDISTS: run lock-build.sh before" >&2
    exit 2
fi
if [ -e "$WHEELS" ] && [ ! -d "$WHEELS" ]; then
    echo "build: $WHEELS is no folder: name another in WHEELS" >&2
    exit 2
fi
WHEELS=${WHEELS%/}
# What is replaced is what this script has made, and nothing else.
for each in "$WHEELS"/* "$WHEELS"/.[!.]*; do
    case ${each##*/} in *.whl | requirements.txt | '*' | '.[!.]*') ;; *)
        echo "build: $each is not mine to replace: name another folder in WHEELS" >&2
        exit 2 ;;
    esac
done
# pip older than 25.3 builds with no constraint, and does not say so.
new_enough='import pip; from packaging.version import Version as V; assert V(pip.__version__) >= V("25.3")'
if [ "$WITH" = pip ] && ! "$PYTHON" -c "$new_enough" 2>/dev/null; then
    echo "build: $PYTHON cannot lock what builds: it has no pip 25.3 or newer, or no packaging" >&2
    exit 2
fi
case $(head -n 1 "$BUILD_LOCK") in "# Nothing but this builds the sdists of "*) ;; *)
    echo "build: $BUILD_LOCK is not from lock-build.sh: run it again" >&2
    exit 2 ;;
esac
sed -n 's/^# to build: //p' "$BUILD_LOCK" | while read -r sdist; do
    [ -f "$SDISTS/$sdist" ] || { echo "build: $SDISTS has no $sdist: run lock-build.sh again" >&2 && exit 2; }
done
recipe=$(cd "$(dirname "$0")" && pwd)
scratch=$(cd "$(mktemp -d "$WHEELS.XXXXXX")" && pwd)
new=$scratch/new
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# The mirror alone, whatever this machine's own settings are; every file must have a locked hash.
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$MIRROR" PIP_REQUIRE_HASHES=1 PIP_NO_CACHE_DIR=1
export UV_NO_CONFIG=1 UV_DEFAULT_INDEX="$MIRROR" UV_NO_CACHE=1
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_CONSTRAINT PIP_BUILD_CONSTRAINT
unset UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_BUILD_CONSTRAINT

closed() {
    if [ "$CLOSED" = no ]; then
        "$@"
    else
        MIRROR=$MIRROR ALLOW=$ALLOW WAY=namespace MAY_ASK_NOBODY=yes "$PYTHON" "$recipe/closed.py" "$@"
    fi
}

# build_one SDIST SUM: build one sdist into a wheel.
build_one() {
    case $WITH in
        pip)
            echo "./${1##*/} --hash=sha256:$2" >"$scratch/wanted.txt"
            cp "$1" "$scratch"
            (cd "$scratch" && closed "$PYTHON" -m pip wheel --quiet --no-deps --wheel-dir "$scratch/built" \
                --build-constraint "$scratch/build-lock.txt" -r wanted.txt)
            ;;
        uv)
            closed uv build --quiet --wheel --no-create-gitignore --out-dir "$scratch/built" \
                --python "$(command -v "$PYTHON")" --require-hashes \
                --build-constraints "$scratch/build-lock.txt" "$1"
            ;;
    esac
}

mkdir "$new"
cp "$BUILD_LOCK" "$scratch/build-lock.txt"
cp "$LOCK" "$new/requirements.txt"
for sdist in "$SDISTS"/*.tar.gz; do
    [ -e "$sdist" ] || continue
    was=$($SHA256 "$sdist" | cut -c 1-64)
    if ! grep -q "sha256:$was" "$LOCK"; then
        echo "build: $sdist is not in $LOCK: run lock-build.sh again" >&2
        exit 1
    fi
    rm -rf "$scratch/built"
    mkdir "$scratch/built"
    code=0
    build_one "$sdist" "$was" || code=$?
    if [ "$code" != 0 ]; then
        echo "build: $sdist was not built; $WHEELS is as it was" >&2
        exit "$code"
    fi
    # In the lock the wheel takes the place of the sdist it was made from.
    is=$($SHA256 "$scratch"/built/*.whl | cut -c 1-64)
    sed "s/$was/$is/" "$new/requirements.txt" >"$scratch/lock.txt"
    cp "$scratch/lock.txt" "$new/requirements.txt"
    mv "$scratch"/built/*.whl "$new"
done

# Only now do the new wheels take the place of the old ones.
[ ! -e "$WHEELS" ] || mv "$WHEELS" "$scratch/old"
mv "$new" "$WHEELS"
ls "$WHEELS"
