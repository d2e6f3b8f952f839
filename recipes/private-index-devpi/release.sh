#!/bin/sh
# Push a release from one stage to the next, with all of its files: they are not built again.
#
# Whose token it is decides what it may do.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${INDEX:=https://private.example:8443}"  # where nginx serves
: "${TLS:=$PWD/tls}"  # where ca.pem, server.pem and server.key are
: "${RELEASE:=}"  # what to push: acme-lib==1.0
: "${FROM:=acme/dev}"  # the stage it is in
: "${TO:=acme/staging}"  # the stage it goes to
: "${TOKEN_FILE:=$PWD/secrets/alice.token}"  # the token of who pushes

if [ -z "$RELEASE" ]; then
    echo "release: say which one: RELEASE=acme-lib==1.0 sh release.sh" >&2
    exit 2
fi
# A folder of its own for this login, which is gone afterwards.
DEVPI_CLIENTDIR=$(mktemp -d)
trap 'rm -rf "$DEVPI_CLIENTDIR"' EXIT
export DEVPI_CLIENTDIR DEVPI_INDEX="$INDEX/$FROM" REQUESTS_CA_BUNDLE="$TLS/ca.pem"
devpi token-login --file "$TOKEN_FILE"
devpi push "$RELEASE" "$TO"
