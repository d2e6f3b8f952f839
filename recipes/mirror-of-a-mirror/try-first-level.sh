#!/bin/sh
# Mirror some projects with bandersnatch, only so that there is something to copy: for the drills,
# and for you to try.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${UPSTREAM:=https://pypi.org}"  # the index to copy from
: "${FIRST_LEVEL:=$PWD/first-level}"  # where the mirror is made; web/ in it is what to copy
: "${PROJECTS:=flask werkzeug}"  # the projects to copy, separated by spaces

case $PROJECTS in
*[!\ ]*) ;;
*)
    echo "try-first-level: PROJECTS names none: bandersnatch would copy the whole index" >&2
    exit 2
    ;;
esac
command -v bandersnatch >/dev/null || {
    echo "try-first-level: there is no bandersnatch in venv/bin or on PATH: install requirements.txt" >&2
    exit 2
}
mkdir -p "$FIRST_LEVEL"
# shellcheck disable=SC2086  # one word for each project
printf '%s\n' $PROJECTS >"$FIRST_LEVEL/projects.txt"
{
    echo "[mirror]"
    echo "directory = $FIRST_LEVEL"
    echo "master = $UPSTREAM"
    echo "workers = 2"
    echo "[plugins]"
    echo "enabled = allowlist_project"
    echo "[allowlist]"
    echo "packages ="
    sed 's/^/    /' "$FIRST_LEVEL/projects.txt"
} >"$FIRST_LEVEL/bandersnatch.conf"
# bandersnatch takes a proxy from the environment, but it ignores no_proxy.
[ -z "${no_proxy:-}" ] || unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
bandersnatch -c "$FIRST_LEVEL/bandersnatch.conf" mirror
# bandersnatch writes it for its own user only; rsync's daemon is another one.
chmod 0644 "$FIRST_LEVEL/web/last-modified"
