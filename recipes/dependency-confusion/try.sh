#!/bin/sh
# Install with one installer into a fresh environment, with the settings in safe/ or naive/.
#
# Nothing of your own settings, caches and locks takes part. The example addresses of a file are
# replaced by PRIVATE, PUBLIC and ONE; yours, once they stand there, are not. Exit code: the
# installer's own.
set -eu
cd "$(dirname "$0")"
: "${CLIENT:=}"  # the installer: the name of a folder in safe/ or naive/
: "${WAY:=safe}"  # safe, or naive: the latter only against an index of your own with a made-up stranger
: "${PRIVATE:=https://private.example/simple/}"  # your private index
: "${PUBLIC:=https://pypi.org/simple/}"  # the public index
: "${ONE:=http://127.0.0.1:8080/simple/}"  # one index for both: one-index.sh, or one that passes public projects through
: "${WORK:=$PWD/tried}"  # where the environment is made, anew each time
: "${PYTHON:=python3}"  # the Python of the environment

if [ -z "$CLIENT" ] || [ ! -d "$WAY/$CLIENT" ]; then
    echo "try: say which installer: CLIENT=pip sh try.sh, or another folder of $WAY/" >&2
    exit 2
fi
if [ -e "$WORK" ] && [ ! -f "$WORK/made-by-try" ]; then
    echo "try: $WORK was there before and would be deleted: choose another WORK" >&2
    exit 2
fi
rm -rf "$WORK"
mkdir -p "$WORK/home"
: >"$WORK/made-by-try"
for file in "$WAY/$CLIENT"/*; do
    sed -e "s|https://private\.example/simple/|$PRIVATE|" -e "s|https://pypi\.org/simple/|$PUBLIC|" \
        -e "s|https://mirror\.example/simple/|$ONE|" "$file" >"$WORK/${file##*/}"
done
cd "$WORK"
venv=$PWD/venv

unset PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIPENV_PYPI_MIRROR \
    UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY
export HOME="$PWD/home" XDG_CACHE_HOME="$PWD/home/.cache" XDG_CONFIG_HOME="$PWD/home/.config" \
    XDG_DATA_HOME="$PWD/home/.local/share" PIP_CONFIG_FILE=/dev/null PIP_NO_CACHE_DIR=1 \
    PDM_CHECK_UPDATE=0

# The environment for the installers that want one to be there, and to be active.
case $CLIENT in
    hatch) ;;
    *)
        "$PYTHON" -m venv --without-pip "$venv"
        export VIRTUAL_ENV="$venv"
        ;;
esac
case $CLIENT in
    pip) PIP_CONFIG_FILE=pip.conf pip --python "$venv" install acme-lib ;;
    pip-tools)
        pip-compile --quiet --generate-hashes requirements.in
        pip --python "$venv" install --require-hashes -r requirements.txt
        ;;
    uv*) UV_PROJECT_ENVIRONMENT="$venv" uv sync ;;
    poetry*) poetry install ;;
    pdm*) pdm install ;;
    pipenv) pipenv install ;;
    hatch) hatch env create ;;
    *) echo "try: no way is known to start $CLIENT" >&2; exit 2 ;;
esac
