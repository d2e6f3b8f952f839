#!/bin/sh
# Let pip and uv try to get the release from each index by its version, and uv by the address of each
# wheel: all must fail. uv must get another version from each index, and pip from the last.
#
# Only wheels are asked for: an sdist would run its code here. prove.sh asks for those.
# Exit codes: 0 nobody got it, and each got another version; 1 somebody got it; 2 wrong use; 3 could
# not tell, as an installer gets no other version either.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${SERVED:=https://mirror.example/simple/ https://private.example/simple/}"  # every index that you serve
: "${PIP:=python3 -m pip}"  # how to call pip
: "${UV:=uv}"  # how to call uv

export RELEASE
RELEASE=$(python3 block.py "$LIST" name)
project=${RELEASE%%=*} version=${RELEASE##*=}
urls=$(SERVED="$SERVED" python3 block.py "$LIST" wheels)
got=$(mktemp -d)
trap 'rm -rf "$got"' EXIT
result=0
# shellcheck disable=SC2329  # called by name, as get_$installer
get_pip() { # WHAT INDEX
    $PIP download --quiet --no-cache-dir --no-deps --only-binary :all: --retries 0 --disable-pip-version-check \
        --index-url "$2" --dest "$got" "$1"
}
# shellcheck disable=SC2329
get_uv() {
    $UV pip install --quiet --no-config --no-cache --no-deps --no-build \
        --default-index "$2" --target "$got" "$1"
}
has_got() { [ -n "$(find "$got" -mindepth 1 ! -name .lock -print -quit)" ]; }
empty() { rm -rf "$got" && mkdir "$got"; }
try() { # INSTALLER INDEX WHAT
    if "get_$1" "$3" "$2" 2>/dev/null || has_got; then
        echo "try-clients: $1 GOT $3 from $2" >&2
        result=1
    fi
    empty
}
other() { # INSTALLER INDEX
    if ! "get_$1" "$project!=$version" "$2" || ! has_got; then
        echo "try-clients: $1 gets no other version from $2: nothing is proven" >&2
        [ "$result" -eq 1 ] || result=3
    fi
    empty
}
for index in $SERVED; do
    try pip "$index" "$RELEASE"
    try uv "$index" "$RELEASE"
    other uv "$index"
done
for url in $urls; do
    try uv "$index" "$url"
done
other pip "$index"
[ "$result" -ne 0 ] || echo "try-clients: pip and uv get $RELEASE nowhere, and get other versions"
exit "$result"
