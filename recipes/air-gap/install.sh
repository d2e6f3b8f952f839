#!/bin/sh
# Install the project from nothing but the bundle, into a virtual environment: first the sums, then
# pip out of its own wheel, with the lock of your target. Each file must have the hash in there.

set -eu

: "${FROM:=.}"  # the bundle; a dot: you are in it
: "${TARGET:=}"  # your machine's name in targets.txt; empty: the only one
: "${VENV:=venv}"  # the virtual environment: made if it is not there
: "${HOME_OF_PYTHON:=}"  # a folder for the bundle's interpreter; empty: the machine's own Python is used
: "${PYTHON:=python3}"  # the machine's own Python; pip need not be there

bad() {
    echo "install: $1" >&2
    exit "${2:-1}"
}

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
    if [ ! -x "$HOME_OF_PYTHON/python/bin/python3" ]; then
        mkdir -p "$HOME_OF_PYTHON"
        tar -xzf "$FROM/$(cat "$lock.interpreter")" -C "$HOME_OF_PYTHON"
    fi
    PYTHON=$HOME_OF_PYTHON/python/bin/python3
fi
# pip would not notice the lock of another machine where all that fits is pure Python.
is=$("$PYTHON" -c 'import platform, sys
print("Python %d.%d" % sys.version_info[:2], "on", sys.platform + "-" + platform.machine())') ||
    bad "$PYTHON does not run here"
[ "$is" = "$needs" ] || bad "$TARGET is $needs; this is $is"

# Should the install fail, nothing stays behind.
keep=yes
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; [ $keep = yes ] || rm -rf "$VENV"' EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$VENV" ]; then
    keep=no
    "$PYTHON" -m venv --without-pip "$VENV"
elif [ ! -x "$VENV/bin/python" ]; then
    bad "$VENV is there and is no virtual environment; name another in VENV" 2
fi
# Nothing but the bundle: no find-links of this machine's own settings.
export PIP_CONFIG_FILE=/dev/null PIP_BUILD_CONSTRAINT="$lock-build.txt"
unset PIP_FIND_LINKS
"$PYTHON" -m zipfile -e "$(echo "$FROM"/files/pip-*.whl)" "$scratch"
"$PYTHON" "$scratch/pip" --python "$VENV/bin/python" install --no-cache-dir \
    --no-index --find-links "$FROM/files" --require-hashes -r "$lock.txt"
keep=yes
