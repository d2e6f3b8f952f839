#!/bin/sh
# Move devpi to another release by export and import, compare both, then switch. The old state stays.
#
# Stop devpi first: what is uploaded after the export would not be in the new state.
# Exit codes: 0 upgraded; 1 not, the old state is still current.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${ENVIRONMENT:=$PWD/venv}"  # the virtual environment of a new state: of the first one, a restored one, the upgraded one
umask 077

if [ ! -e "$DEVPI/current" ]; then
    echo "upgrade: there is no devpi in $DEVPI" >&2
    exit 1
fi
if [ ! -x "$ENVIRONMENT/bin/devpi-import" ]; then
    echo "upgrade: there is no devpi-server in $ENVIRONMENT; set ENVIRONMENT to the new one's" >&2
    exit 1
fi
DEVPI=$(cd "$DEVPI" && pwd)
ENVIRONMENT=$(cd "$ENVIRONMENT" && pwd)
exec 9>"$DEVPI/lock"
if ! flock -n 9; then
    echo "upgrade: devpi is being served from $DEVPI: stop it first" >&2
    exit 1
fi
# Not by the link `bin`: a Python finds its environment by the path it is started with.
version() { "$(readlink "$1")/python" -c 'import importlib.metadata as m; print(m.version("devpi-server"))'; }
old=$(readlink -f "$DEVPI/current")
name=state-upgraded-$(date -u +%Y%m%dT%H%M%SZ)
new=$DEVPI/$name
trap 'rm -rf "$new"' EXIT
quietly() { # COMMAND...: its output only if it fails
    if ! "$@" >"$new/output" 2>&1; then
        tail -n 5 "$new/output" >&2
        echo "upgrade: ${1##*/} failed; the old state is still current" >&2
        exit 1
    fi
}

mkdir "$new"
ln -s "$ENVIRONMENT/bin" "$new/bin"
cp "$old/secret" "$new/secret"
quietly "$old/bin/devpi-export" --serverdir "$old/data" "$new/export"
# Import makes an index root/pypi where you had removed it, unless --no-root-pypi is given; and that
# leaves out the one you have.
set --
grep -q '"root/pypi": *{' "$new/export/dataindex.json" || set -- --no-root-pypi
quietly "$new/bin/devpi-import" --serverdir "$new/data" "$@" "$new/export"
# The proof: what the new release exports is what the old one did, every file by its hash.
quietly "$new/bin/devpi-export" --serverdir "$new/data" --hard-links "$new/again"
if ! python3 compare_exports.py "$new/export" "$new/again" >&2; then
    echo "upgrade: the new state is not the same (see above); the old state is still current" >&2
    exit 1
fi
rm -rf "$new/export" "$new/again" "$new/output"
basename "$old" >"$new/before"
trap - EXIT
sync
ln -sfn "$name" "$DEVPI/current.new"
mv -T "$DEVPI/current.new" "$DEVPI/current"  # one rename
echo "upgrade: from devpi-server $(version "$old/bin") to $(version "$new/bin"): every item is there"
