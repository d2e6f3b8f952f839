#!/bin/sh
# Say how many days each certificate still has: those that servers show, and those in files.
#
# Exit codes: 0 all have more than DAYS; 1 one has not; 2 none is named, or DAYS is wrong; 3 one could not be read.
set -eu
: "${CERTIFICATES:=}"  # what to look at: https URLs and files, separated by spaces
: "${DAYS:=21}"  # days: warn from here on

read_certificate() { # URL OR FILE
    case $1 in
    https://*)
        host=${1#https://}
        host=${host%%/*}
        case $host in *:*) port=${host##*:} ;; *) port=443 ;; esac
        name=${host%:*}
        timeout 20 openssl s_client -connect "$name:$port" -servername "$name" </dev/null 2>/dev/null
        ;;
    *) cat "$1" ;;
    esac | openssl x509 -noout -enddate 2>/dev/null
}

if [ -z "$CERTIFICATES" ]; then
    echo "certificate: say what to look at: CERTIFICATES=\"https://private.example /etc/ssl/x.pem\"" >&2
    exit 2
fi
case $DAYS in
'' | *[!0-9]*)
    echo "certificate: DAYS is \"$DAYS\": set it to a number of days" >&2
    exit 2
    ;;
esac
health=0
now=$(date +%s)
for one in $CERTIFICATES; do
    if ! end=$(read_certificate "$one") || [ -z "$end" ]; then
        echo "certificate: $one could not be read" >&2
        [ "$health" -eq 1 ] || health=3
        continue
    fi
    end=$(date -d "${end#notAfter=}" +%s)
    days=$(((end - now) / 86400))
    if [ "$end" -le "$now" ]; then
        echo "certificate: $one has expired: renew it now" >&2
        health=1
    elif [ "$days" -le "$DAYS" ]; then
        echo "certificate: $one expires in $days days: renew it" >&2
        health=1
    else
        echo "certificate: $one: $days days"
    fi
done
exit "$health"
