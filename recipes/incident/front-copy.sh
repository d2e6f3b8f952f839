#!/bin/sh
# Copy the mirror as a new generation, hard links for what is the same: for the drills only.
# A real one: mirror-of-a-mirror.
set -eu
cd "$(dirname "$0")"
: "${STATE:=$PWD/fronts}"  # where the drills' servers keep what they have
: "${GENERATION:=1}"  # the name of the new generation

mkdir -p "$STATE/copies"
rsync --archive --link-dest="$STATE/copies/current" "$STATE/mirror/web/" "$STATE/copies/$GENERATION" 2>&1
ln -sfn "$GENERATION" "$STATE/copies/current"
