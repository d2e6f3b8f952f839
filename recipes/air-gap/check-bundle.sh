#!/bin/sh
# Say whether a bundle may leave: for each target, everything that its locks name must be there and
# fit. For the machine you are on it is really installed, and its sdists are built.

set -eu

: "${BUNDLE:=bundle}"  # the folder that travels
: "${KEY:=}"  # a private SSH key: signs what holds; empty: it is not signed
: "${PYTHON:=python3}"  # the Python that packs, with build and packaging
: "${SHA256:=sha256sum}"  # on macOS: shasum -a 256

export UV_NO_CONFIG=1 UV_OFFLINE=1
unset UV_FIND_LINKS
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

wrong() {
    echo "check: $1" >&2
    exit 2
}

stays() {
    echo "check: $BUNDLE must not leave: $1" >&2
    exit 1
}

# rehearse LOCK [OPTION...]: install a lock for the target, from nothing but the bundle. What is not
# for this machine is resolved only.
rehearse() {
    command -v uv >/dev/null || wrong "there is no uv; install requirements.txt and put its bin into PATH"
    pins=$1
    shift
    [ "$platform" = - ] ||
        set -- "$@" --dry-run --python-version "$version" --python-platform "$platform"
    rm -rf "$scratch/site"
    uv pip install --quiet --python "$interpreter" --target "$scratch/site" --no-cache \
        --no-index --find-links "$BUNDLE/files" --require-hashes \
        --build-constraints "$BUNDLE/locks/$name-build.txt" "$@" -r "$pins"
}

[ -z "$KEY" ] || [ -f "$KEY" ] || wrong "there is no key $KEY; name one in KEY"
interpreter=$(command -v "$PYTHON") || wrong "there is no $PYTHON; name one in PYTHON"
FROM="$BUNDLE" SUM='' SIGNERS='' sh "$(dirname "$0")/verify.sh" || stays "it is not what pack.sh made"
is=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
built=no
checked=no
while read -r name version platform _ <&3; do
    [ "$platform" != - ] || [ "$version" = "$is" ] ||
        stays "$name is Python $version, and $PYTHON is $is; name the one that packed in PYTHON"
    rehearse "$BUNDLE/locks/$name.txt" || stays "it is not enough for $name"
    rehearse "$BUNDLE/locks/$name-build.txt" --only-binary :all: ||
        stays "it is not enough to build for $name"
    if [ -f "$BUNDLE/locks/$name.interpreter" ]; then
        [ -f "$BUNDLE/$(cat "$BUNDLE/locks/$name.interpreter")" ] || stays "no interpreter for $name"
    fi
    [ "$platform" != - ] || built=yes
    checked=yes
    echo "enough for $name: Python $version on $platform"
done 3<"$BUNDLE/targets.txt"
[ $checked = yes ] || stays "its targets.txt names no target"
if [ $built = no ] && [ -n "$(find "$BUNDLE/files" -name '*.tar.gz')" ]; then
    echo "check: no sdist was built: this machine is none of the targets" >&2
fi
if [ -n "$KEY" ]; then
    rm -f "$BUNDLE/SHA256SUMS.sig"
    ssh-keygen -q -Y sign -f "$KEY" -n air-gap "$BUNDLE/SHA256SUMS"
fi
echo "the sum to carry apart from the bundle: $($SHA256 "$BUNDLE/SHA256SUMS" | cut -c 1-64)"
