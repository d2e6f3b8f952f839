#!/bin/sh
# Make a CA of your own and a certificate for the index, to begin with.
#
# Does nothing where the certificate is there already: put a real one in its place.
set -eu
cd "$(dirname "$0")"
: "${HOST:=private.example}"  # the name, or IPv4 address, that clients use
: "${TLS:=$PWD/tls}"  # where ca.pem, server.pem and server.key are
: "${DAYS:=365}"  # how long the certificate is good for

if [ -s "$TLS/server.pem" ] && [ -s "$TLS/server.key" ]; then
    echo "certificate: $TLS/server.pem is there: nothing done"
    exit 0
fi
case $HOST in
*[!0-9.]*) name="DNS:$HOST" ;;
*) name="IP:$HOST" ;;
esac

umask 077
mkdir -p "$TLS"
work=$(mktemp -d "$TLS/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
# From Python 3.13 on, clients refuse a CA that does not say what its key is for.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days "$DAYS" -subj "/CN=CA of $HOST" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$work/ca.key" -out "$work/ca.pem"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$HOST" \
    -keyout "$work/server.key" -out "$work/server.csr"
{
    echo "subjectAltName=$name"
    echo "basicConstraints=critical,CA:FALSE"
    echo "keyUsage=critical,digitalSignature,keyEncipherment"
    echo "extendedKeyUsage=serverAuth"
    echo "authorityKeyIdentifier=keyid"
} >"$work/server.ext"
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
    -CAcreateserial -days "$DAYS" -extfile "$work/server.ext" -out "$work/server.pem"
chmod 0644 "$work/ca.pem" "$work/server.pem"
mv "$work/ca.pem" "$work/ca.key" "$work/server.key" "$work/server.pem" "$TLS"
echo "certificate: made $TLS/server.pem for $HOST; clients trust it by $TLS/ca.pem"
