#!/bin/sh
# Say which of your private names somebody has on the public index right now.
#
# Exit codes: 0 none; 1 at least one is taken; 2 wrong use; 3 could not tell.
set -eu
: "${NAMES:=}"  # names of your private projects, separated by spaces; acme-* is every name that begins so
: "${PUBLIC:=https://pypi.org/simple/}"  # the public index

if [ -z "$NAMES" ]; then
    echo "check-names: say which names are private: NAMES='acme-lib acme-core' sh check-names.sh" >&2
    exit 2
fi
set -f
code=0
for name in $NAMES; do
    case $name in
        *'*'*) echo "check-names: $name is no name that can be asked for; passed over"; continue ;;
        *[!A-Za-z0-9._-]*) echo "check-names: $name is no name of a project" >&2; exit 2 ;;
    esac
    name=$(printf '%s\n' "$name" | tr 'A-Z_.' 'a-z--' | tr -s -)
    status=$(curl --silent --location --output /dev/null --max-time 30 \
        --write-out '%{http_code}' "${PUBLIC%/}/$name/") || status=000
    case $status in
        404) echo "check-names: $name is free on the public index" ;;
        200)
            echo "check-names: $name is TAKEN on the public index"
            [ $code = 3 ] || code=1
            ;;
        *)
            echo "check-names: could not tell about $name: the public index answers $status" >&2
            code=3
            ;;
    esac
done
exit $code
