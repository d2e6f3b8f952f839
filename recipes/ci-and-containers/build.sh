#!/bin/sh
# Build an image that installs from your private index, and look for the login in all of its
# layers, its environment and its history.
#
# Exit codes: 0 the login is not in the image; 1 it is, or nothing was built; 2 wrong use; 3 could
# not tell.

set -eu

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/login.sh"

: "${BUILDER:=docker}"  # docker, podman or buildah
: "${CONTAINERFILE:=image/Containerfile}"  # how the image is built
: "${CONTEXT:=.}"  # the folder that it copies from
: "${BASE:=docker.io/library/python:3.13-slim}"  # the image that it begins with
: "${IMAGE:=app}"  # the name of the image
: "${ARCHIVE:=app.tar}"  # the image as a file, which is what is looked into
: "${BUILD_FLAGS:=}"  # more options of the builder
: "${UNDER:=}"  # a command that starts the builder; see one_user.py

rm -f "$ARCHIVE"
build() { # OPTION...
    # shellcheck disable=SC2086  # one word for each option
    $UNDER "$BUILDER" build "$@" $BUILD_FLAGS --build-arg "BASE=$BASE" --build-arg "INDEX=$INDEX" \
        --secret "id=netrc,src=$NETRC" --file "$CONTAINERFILE" --tag "$IMAGE" "$CONTEXT" || exit 1
}
case $BUILDER in
docker)
    DOCKER_BUILDKIT=1 build
    docker save --output "$ARCHIVE" "$IMAGE"
    ;;
podman)
    build --layers
    podman save --format oci-archive --output "$ARCHIVE" "$IMAGE"
    ;;
buildah)
    build --layers
    # shellcheck disable=SC2086  # one word for each part of the command
    $UNDER buildah push --quiet "$IMAGE" "oci-archive:$ARCHIVE"
    ;;
*) stop "BUILDER must be docker, podman or buildah" ;;
esac
SECRET='' SECRET_FILE=$NETRC LOOK_IN=$ARCHIVE sh "$here/find-secret.sh"
