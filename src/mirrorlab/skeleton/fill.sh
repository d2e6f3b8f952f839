#!/bin/sh
# Download one project into a folder, and note the digest of each file.
set -eu

: "${INDEX:=https://pypi.org/simple/}"  # the index you copy from
: "${PROJECT:=six}"  # the project to copy
: "${FOLDER:=$HOME/served}"  # the folder to serve

mkdir -p "$FOLDER"
pip download --quiet --only-binary :all: --index-url "$INDEX" --dest "$FOLDER" "$PROJECT"
cd "$FOLDER"
sha256sum -- *.whl > SHA256SUMS
