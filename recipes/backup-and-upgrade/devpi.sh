#!/bin/sh
# Serve devpi-server, and set it up the first time; with PRIMARY_URL, as a replica.
#
# Each state is a folder of its own: the data, the secret, and a link to the programs that
# serve it. `current` names the one that is served, so a restore, an upgrade and a roll
# back each come down to one rename.
set -eu
cd "$(dirname "$0")"
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${ENVIRONMENT:=$PWD/venv}"  # the virtual environment of a new state: of the first one, a restored one, the upgraded one
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # address:port that devpi serves on
: "${ROLE:=standalone}"  # primary, if devpi has replicas
: "${PRIMARY_URL:=}"  # for a replica: the URL of its primary
: "${PRIMARY_SECRET:=}"  # for a replica: a copy of the primary's secret file
: "${DEVPI_OPTIONS:=}"  # more options of devpi-server, such as --restrict-modify root
umask 077

mkdir -p "$DEVPI"
exec 9>"$DEVPI/lock"
if ! flock -n 9; then
    echo "devpi: another script is at work in $DEVPI: not started" >&2
    exit 3
fi
if [ -L "$DEVPI/current" ] && [ ! -e "$DEVPI/current" ]; then
    echo "devpi: $DEVPI/current leads to $(readlink "$DEVPI/current"), which is not there: point it to a state" >&2
    exit 1
fi
if [ ! -e "$DEVPI/current" ] && [ ! -e "$DEVPI/state-first" ]; then
    if [ ! -x "$ENVIRONMENT/bin/devpi-init" ]; then
        echo "devpi: there is no devpi-server in $ENVIRONMENT; set ENVIRONMENT to where it is" >&2
        exit 1
    fi
    new=$DEVPI/.new
    rm -rf "$new"  # of a start that was killed
    mkdir "$new"
    ln -s "$(cd "$ENVIRONMENT" && pwd)/bin" "$new/bin"
    set -- --serverdir "$new/data"
    if [ -n "$PRIMARY_URL" ]; then
        cp "$PRIMARY_SECRET" "$new/secret"
        "$ENVIRONMENT/bin/devpi-init" "$@" --role replica --primary-url "$PRIMARY_URL"
    else
        random() { od -An -N "$1" -tx1 -v /dev/urandom | tr -d ' \n'; }
        random 32 >"$new/secret"
        # devpi's own default is an empty password.
        password=$(random 16)
        echo "$password" >"$DEVPI/root-password"
        "$ENVIRONMENT/bin/devpi-init" "$@" --root-passwd "$password" --no-root-pypi
    fi
    mv "$new" "$DEVPI/state-first"
fi
[ -e "$DEVPI/current" ] || ln -s state-first "$DEVPI/current"
if [ -n "$PRIMARY_URL" ]; then
    set -- --role replica --primary-url "$PRIMARY_URL"
else
    set -- --role "$ROLE"
fi
# shellcheck disable=SC2086  # one word for each option
exec "$DEVPI/current/bin/devpi-server" --serverdir "$DEVPI/current/data" \
    --secretfile "$DEVPI/current/secret" --listen "$DEVPI_LISTEN" "$@" $DEVPI_OPTIONS
