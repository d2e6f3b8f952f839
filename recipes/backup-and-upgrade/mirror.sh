#!/bin/sh
# Bring a bandersnatch mirror up to date. Only so that there is one to back up: a real one, which
# tells what it could not copy, is the recipe selective-mirror.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${MIRROR:=$PWD/mirror}"  # the mirror: bandersnatch's `directory`
: "${CONF:=$MIRROR/bandersnatch.conf}"  # bandersnatch's configuration
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${PROJECTS:=flask werkzeug}"  # the projects of a new mirror, separated by spaces

# bandersnatch takes a proxy from the environment as others do, but it ignores no_proxy.
host=${UPSTREAM#*://}
case ",${no_proxy:-${NO_PROXY:-}}," in
*",${host%%[:/]*},"*)
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    ;;
esac
mkdir -p "$MIRROR"
exec 9>"$MIRROR/sync.lock"
if ! flock -n 9; then
    echo "mirror: another script is at work in $MIRROR: nothing done" >&2
    exit 3
fi
if [ ! -f "$CONF" ]; then
    projects=
    for project in $PROJECTS; do
        projects="$projects\\
    $project"
    done
    sed -e "s|@MIRROR@|$MIRROR|" -e "s|@UPSTREAM@|$UPSTREAM|" -e "s|@PROJECTS@|$projects|" \
        bandersnatch.conf.in >"$CONF"
fi
bandersnatch -c "$CONF" mirror
if [ -f "$MIRROR/todo" ]; then
    echo "mirror: bandersnatch could not copy everything: see $MIRROR/todo" >&2
    exit 1
fi
