#!/bin/sh
# Serve the index with devpi-server, as an ordinary user, to nginx on this machine only.
#
# The first start makes the database, with a password for root that nobody has typed.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DATA:=$PWD/data}"  # devpi's database, all files and the search index: back this up
: "${SECRETS:=$PWD/secrets}"  # passwords and tokens, a file each, for this user only
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens, for nginx
: "${REQUEST_TIMEOUT:=5}"  # seconds that devpi waits for upstream
: "${DEVPI_FLAGS:=}"  # more options of devpi-server; what the tests put here is not for you

umask 077
mkdir -p "$SECRETS"
new() { python3 -c "import secrets; print(secrets.token_urlsafe($1))"; }
[ -s "$SECRETS/root.password" ] || new 24 >"$SECRETS/root.password"
# Without a secret of its own, each start makes a new one: logins and tokens would end.
[ -s "$SECRETS/server.secret" ] || new 48 >"$SECRETS/server.secret"

if [ ! -f "$DATA/.nodeinfo" ]; then
    # From a file, as the command line of a process can be read by everybody.
    printf 'devpi-server:\n  root-passwd: "%s"\n' "$(cat "$SECRETS/root.password")" \
        >"$SECRETS/init.yml"
    # A start that is cut short here begins again: .nodeinfo, moved last, says that all is there.
    rm -rf "$DATA/.new"
    mkdir -p "$DATA"
    devpi-init --serverdir "$DATA/.new" --no-root-pypi --configfile "$SECRETS/init.yml"
    mv "$DATA/.new/.serverversion" "$DATA/.new/.sqlite" "$DATA"
    mv "$DATA/.new/.nodeinfo" "$DATA"
    rm -rf "$DATA/.new" "$SECRETS/init.yml"
fi
# shellcheck disable=SC2086  # one word for each option
exec devpi-server --serverdir "$DATA" --secretfile "$SECRETS/server.secret" \
    --listen "$DEVPI_LISTEN" --trusted-proxy 127.0.0.1 --restrict-modify root \
    --request-timeout "$REQUEST_TIMEOUT" $DEVPI_FLAGS
