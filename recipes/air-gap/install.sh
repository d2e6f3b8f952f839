#!/bin/sh
# Install the project from nothing but the bundle, into a virtual environment: first the sums, then
# pip out of its own wheel, with the lock of your target. Each file must have the hash in there.

set -eu

: "${FROM:=.}"  # the bundle; a dot: you are in it
: "${TARGET:=}"  # your machine's name in targets.txt; empty: the only one
: "${VENV:=/srv/my-app}"  # the virtual environment: made if it is not there
: "${HOME_OF_PYTHON:=}"  # a folder for the bundle's interpreter; empty: the machine's own Python is used
: "${PYTHON:=python3}"  # the machine's own Python; pip need not be there

bad() {
    echo "install: $1" >&2
    exit "${2:-1}"
}

unset CDPATH
FROM="$FROM" sh "$(dirname "$0")/verify.sh"
if [ -z "$TARGET" ]; then
    [ "$(grep -c . "$FROM/targets.txt")" = 1 ] ||
        bad "say in TARGET which of these you are: $(cut -d ' ' -f 1 "$FROM/targets.txt" | xargs)" 2
    TARGET=$(cut -d ' ' -f 1 "$FROM/targets.txt")
fi
needs=$(awk -v target="$TARGET" '$1 == target { print "Python " $2 " on " $4 }' "$FROM/targets.txt")
[ -n "$needs" ] ||
    bad "the bundle has nothing for $TARGET, only for $(cut -d ' ' -f 1 "$FROM/targets.txt" | xargs)" 2
lock=$FROM/locks/$TARGET

if [ -n "$HOME_OF_PYTHON" ]; then
    [ -f "$lock.interpreter" ] || bad "the bundle has no interpreter for $TARGET; it was packed without"
    PYTHON=$HOME_OF_PYTHON/python/bin/python3
    if [ ! -e "$HOME_OF_PYTHON/python" ]; then
        # Under its name only once it is whole.
        mkdir -p "$HOME_OF_PYTHON"
        unpacked=$(mktemp -d "$HOME_OF_PYTHON/new.XXXXXX")
        trap 'rm -rf "$unpacked"' EXIT
        tar -xzf "$FROM/$(cat "$lock.interpreter")" -C "$unpacked"
        mv "$unpacked/python" "$HOME_OF_PYTHON/python"
        rm -rf "$unpacked"
    elif [ ! -x "$PYTHON" ]; then
        bad "$HOME_OF_PYTHON/python is there and is no interpreter; name another HOME_OF_PYTHON" 2
    fi
fi
case $(cd "$(dirname "$VENV")" 2>/dev/null && pwd)/ in
    "$(cd "$FROM" && pwd)"/*) bad "$VENV lies in the bundle; name another place in VENV" 2 ;;
esac
# An environment that is there has its own Python. It counts, not the machine's.
runs=$PYTHON
if [ -e "$VENV" ] || [ -L "$VENV" ]; then
    runs=$VENV/bin/python
    { [ -f "$VENV/pyvenv.cfg" ] && [ -x "$runs" ]; } ||
        bad "$VENV is there and is no virtual environment; name another in VENV" 2
fi
# pip would not notice the lock of another machine where all that fits is pure Python.
is=$("$runs" -c 'import platform, sys
print("Python %d.%d" % sys.version_info[:2], "on", sys.platform + "-" + platform.machine())') ||
    bad "$runs does not run here"
[ "$is" = "$needs" ] || bad "$TARGET is $needs; this is $is"
# Of the pips in the bundle, the one for this target.
pip=$(sed -n 's/^pip==\([^ ]*\) .*/\1/p' "$lock-build.txt")
[ -f "$FROM/files/pip-$pip-py3-none-any.whl" ] || bad "the bundle has no pip for $TARGET"

# Should the install fail, nothing stays behind.
keep=yes
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; [ $keep = yes ] || rm -rf "$VENV"' EXIT
trap 'exit 1' HUP INT TERM
if [ "$runs" = "$PYTHON" ]; then
    keep=no
    "$PYTHON" -m venv --without-pip "$VENV"
fi
# Nothing but the bundle: no source, no folder, no option of this machine's own settings.
for setting in $(env | sed -n 's/^\(PIP_[A-Z_]*\)=.*/\1/p'); do
    unset "$setting"
done
export PIP_CONFIG_FILE=/dev/null PIP_BUILD_CONSTRAINT="$lock-build.txt"
"$PYTHON" -m zipfile -e "$FROM/files/pip-$pip-py3-none-any.whl" "$scratch"
"$VENV/bin/python" "$scratch/pip" install --no-cache-dir \
    --no-index --find-links "$FROM/files" --require-hashes -r "$lock.txt"
keep=yes
