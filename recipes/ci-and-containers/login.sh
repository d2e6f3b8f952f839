#!/bin/sh
# Make a netrc file from a secret of the CI; install.sh and build.sh begin with it. The file is for
# this user only, and gone when the script ends.
#
# A netrc file binds the login to one host: redirected to another one, installers leave it out.

set +x  # a trace would print the secret
: "${INDEX:=https://private.example/simple/}"  # your private index
: "${INDEX_USER:=__token__}"  # the user name that goes with the token
: "${INDEX_TOKEN:=}"  # the token, from a secret of the CI
: "${NETRC:=}"  # without INDEX_TOKEN: a netrc file with the login

stop() { # SENTENCE
    echo "${0##*/}: $1" >&2
    exit 2
}
case $INDEX in
*@*) stop "INDEX holds a login, and every log and lock would have it: set INDEX_TOKEN" ;;
http://?* | https://?*) ;;
*) stop "INDEX must begin with https://" ;;
esac
if [ -n "$INDEX_TOKEN" ]; then
    case $INDEX_USER$INDEX_TOKEN in
    *[!A-Za-z0-9._~+/=:@%!,-]*) stop "the login has a character that a netrc file cannot hold" ;;
    esac
    host=${INDEX#*://}
    host=${host%%/*}
    login=$(mktemp -d)
    trap 'rm -rf "$login"' EXIT
    trap 'exit 1' HUP INT TERM
    NETRC=$login/netrc
    # printf is a part of the shell: no command line has the token.
    (umask 077 && printf 'machine %s\nlogin %s\npassword %s\n' \
        "${host%:*}" "$INDEX_USER" "$INDEX_TOKEN" >"$NETRC")
elif [ ! -s "$NETRC" ]; then
    stop "there is no login: INDEX_TOKEN is empty (a pull request from a fork?), NETRC names no file"
fi
unset INDEX_TOKEN
export NETRC
