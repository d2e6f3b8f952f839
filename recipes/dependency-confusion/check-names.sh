#!/bin/sh
# Say which of your private names somebody has on the public index right now.
#
# Exit codes: 0 none; 1 at least one is taken; 2 wrong use; 3 could not tell.
set -eu
: "${NAMES:=}"  # names of your private projects, separated by spaces; acme-* is every name that begins so
: "${PUBLIC:=https://pypi.org/simple/}"  # the public index

case $NAMES in *[!\ ]*) ;; *)
    echo "check-names: say which names are private: NAMES='acme-lib acme-core' sh check-names.sh" >&2
    exit 2 ;;
esac
case $NAMES in
    *[!A-Za-z0-9._*\ -]*) echo "check-names: NAMES: '$NAMES' is not names and spaces" >&2; exit 2 ;;
esac
# To a mistyped address every name would be free.
status=$(curl --silent --location --head --output /dev/null --max-time 30 \
    --write-out '%{http_code}' "${PUBLIC%/}/") || status=000
if [ "$status" != 200 ]; then
    echo "check-names: could not tell: ${PUBLIC%/}/ is no index, it answers $status (000: nothing)" >&2
    exit 3
fi
set -f
code=0
asked=
for name in $NAMES; do
    case $name in *'*'*)
        echo "check-names: $name cannot be asked for; write each name out" >&2
        continue ;;
    esac
    name=$(printf '%s\n' "$name" | tr 'A-Z_.' 'a-z--' | tr -s -)
    asked=yes
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
[ -n "$asked" ] || exit 2
exit $code
