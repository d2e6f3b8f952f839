#!/bin/sh
# The DNS way: dnsmasq answers one name with the addresses of the good mirrors, which check.sh
# writes into a folder. It goes to the background.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${NAMES:=}"  # folder of names.sh, for the DNS way; empty: none
: "${NAME:=mirror.example}"  # the one name, for the DNS way
: "${DNS:=$PWD/dnsmasq}"  # where dnsmasq keeps what it is told
: "${DNS_LISTEN:=192.0.2.53}"  # the address that it answers at
: "${DNS_PORT:=53}"  # the port that it answers at
: "${TTL:=30}"  # seconds for which clients may keep an address

if [ -z "$NAMES" ]; then
    echo "names: NAMES is empty: name the folder that check.sh writes to, for both scripts" >&2
    exit 2
fi
mkdir -p "$NAMES" "$DNS"
if [ -f "$DNS/pid" ] && kill -0 "$(cat "$DNS/pid")" 2>/dev/null; then
    echo "names: dnsmasq runs already, with process id $(cat "$DNS/pid")"
    exit 0
fi
sed -e "s|@NAMES@|$NAMES|" -e "s|@NAME@|$NAME|" -e "s|@DNS@|$DNS|" -e "s|@TTL@|$TTL|" \
    -e "s|@DNS_LISTEN@|$DNS_LISTEN|" -e "s|@DNS_PORT@|$DNS_PORT|" dnsmasq.conf.in >"$DNS/dnsmasq.conf"
exec dnsmasq --conf-file="$DNS/dnsmasq.conf"
