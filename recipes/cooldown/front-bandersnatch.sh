#!/bin/sh
# Mirror a project or two with bandersnatch: for the drills only. A real mirror: selective-mirror.
set -eu
cd "$(dirname "$0")"
: "${SOURCE:=https://pypi.org}"  # the index to copy from
: "${STATE:=$PWD/fronts}"  # where the mirror is made, in mirror/
: "${PROJECTS:=}"  # the projects to copy, separated by spaces

case $PROJECTS in
    *[!A-Za-z0-9._\ -]*|'') echo "front-bandersnatch: PROJECTS: say which projects" >&2; exit 2 ;;
esac
mkdir -p "$STATE"
{
    echo "[mirror]"
    echo "directory = $STATE/mirror"
    echo "master = $SOURCE"
    echo "allow-non-https = true"
    echo "workers = 2"
    echo "[plugins]"
    echo "enabled ="
    echo "    allowlist_project"
    echo "[allowlist]"
    echo "packages ="
    # shellcheck disable=SC2086  # one word for each project
    printf '    %s\n' $PROJECTS
} >"$STATE/bandersnatch.conf"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
bandersnatch -c "$STATE/bandersnatch.conf" mirror
