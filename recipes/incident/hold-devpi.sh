#!/bin/sh
# Hold a project in devpi at the versions that you name, while upstream still has the bad one.
#
# They are pushed to a stage. devpi never looks upstream for a project that a stage has, so whoever
# asks this stage is shown no other version. Undo: `devpi remove PROJECT` from the stage.
set -eu
cd "$(dirname "$0")"
: "${RELEASE:=}"  # the release: demo-lib==2.0
: "${LIST:=$PWD/release.txt}"  # the list that find-files.sh made
: "${DEVPI_URL:=http://127.0.0.1:3141}"  # where devpi listens, for nginx
: "${DEVPI_USER:=root}"  # who may delete from every index
: "${DEVPI_PASSWORD:=/srv/private-index-devpi/secrets/root.password}"  # the file with the password
: "${MIRROR_INDEX:=root/pypi}"  # devpi's mirror of the public index
: "${STAGE:=acme/production}"  # the stage that installers ask
: "${GOOD:=}"  # the versions to show, such as "1.0 1.1"; none that is yanked

export RELEASE
# shellcheck disable=SC2086  # one word for each version
python3 hold_devpi.py "$LIST" "$DEVPI_URL" "$DEVPI_USER" "$DEVPI_PASSWORD" "$MIRROR_INDEX" "$STAGE" $GOOD
