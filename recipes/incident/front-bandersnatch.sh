#!/bin/sh
# Mirror some projects with bandersnatch: for the drills only. A real mirror: selective-mirror.
set -eu
cd "$(dirname "$0")"
: "${SOURCE:=https://pypi.org}"  # the index to copy from
: "${STATE:=$PWD/fronts}"  # where the drills' servers keep what they have
: "${PROJECTS:=}"  # the projects to copy, separated by spaces

mkdir -p "$STATE"
if [ ! -f "$STATE/bandersnatch.conf" ]; then
    {
        echo "[mirror]"
        echo "directory = $STATE/mirror"
        echo "master = $SOURCE"
        echo "workers = 2"
        echo "json = true"
        echo "[plugins]"
        echo "enabled ="
        echo "    allowlist_project"
        echo "[allowlist]"
        echo "packages ="
        # shellcheck disable=SC2086  # one word for each project
        printf '    %s\n' $PROJECTS
    } >"$STATE/bandersnatch.conf"
fi
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
exec 9>"$STATE/sync.lock"
flock 9
bandersnatch -c "$STATE/bandersnatch.conf" mirror --force-check
