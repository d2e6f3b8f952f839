#!/bin/sh
# Fill a cache with all that a buildout needs to be built without a network, and hold each file against
# an index that you trust. It replaces the cache of before only when all went well.
#
# Exit codes: 0 filled; 1 it does not build, or a file is not to be trusted; 2 wrong use; 3 could not tell.
set -eu
unset CDPATH
: "${CONFIG:=buildout.cfg}"  # your buildout; it must name an index
: "${CACHE:=cache}"  # the folder that is filled
: "${BUILDERS:=setuptools wheel}"  # what builds your sdists and develop eggs, as their pyproject.toml requires it; or none
: "${TRUSTED:=https://pypi.org/simple/}"  # the index whose hashes and yanks you believe
: "${OWN:=}"  # projects that only your own index has: they are not compared
: "${PYTHON:=python3}"  # the Python in which buildout is installed
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

here=$(cd "$(dirname "$0")" && pwd)
if [ ! -f "$CONFIG" ]; then
    echo "fill-cache: there is no $CONFIG; name your buildout in CONFIG" >&2
    exit 2
fi
CACHE=${CACHE%/}
if [ -e "$CACHE" ]; then
    CACHE="$CACHE" SUM="" SHA256="$SHA256" sh "$here/verify.sh"
fi
scratch=$(mktemp -d)
mkdir -p "$(dirname "$CACHE")"
work=$(mktemp -d "$CACHE.XXXXXX")
new=$work/new
trap 'rm -rf "$scratch" "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$new/extends" "$new/build"
[ ! -e "$CACHE" ] || cp -R "$CACHE/." "$new"
rm -f "$new/SHA256SUMS"
new=$(cd "$new" && pwd)

# Eggs that are installed are not downloaded: so it installs all of them, in a place of its own.
set -- -c "$CONFIG" "buildout:download-cache=$new" "buildout:extends-cache=$new/extends" \
    "buildout:install-from-cache=false" "buildout:offline=false" "buildout:newest=true"
for part in eggs develop-eggs parts bin; do
    set -- "$@" "buildout:$part-directory=$scratch/$part"
done
set -- "$@" "buildout:installed=$scratch/installed.cfg"

# What builds an sdist is fetched by pip, which asks pypi.org unless it is told of your index.
index=$(buildout "$@" query index | tail -n 1)
case $index in
    http://* | https://*) ;;
    *)
        echo "fill-cache: $CONFIG names no index by http or https; buildout would ask pypi.org" >&2
        exit 2
        ;;
esac
unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="$index"
if ! buildout "$@"; then
    echo "fill-cache: buildout fails; $CACHE is as it was" >&2
    exit 1
fi
# shellcheck disable=SC2086  # one word for each project
[ "$BUILDERS" = none ] ||
    "$PYTHON" -m pip download --quiet --only-binary :all: --dest "$new/build" $BUILDERS

export TRUSTED OWN
"$PYTHON" "$here/compare.py" "$new/dist" "$new/build"
(
    cd "$new"
    find . ! -type d | LC_ALL=C sort | while IFS= read -r file; do $SHA256 "$file"; done >"$scratch/sums"
    mv "$scratch/sums" SHA256SUMS
)
[ ! -e "$CACHE" ] || mv "$CACHE" "$work/old"
mv "$new" "$CACHE"
echo "fill-cache: filled $CACHE"
