#!/bin/sh
# One URL over all mirrors: HAProxy, as an ordinary user. It asks those alone whose verdict
# is good.
#
# Exit codes: 2 a setting is wrong; 3 no mirror's name has an address yet; otherwise those of
# HAProxy, which serves until it is stopped.
set -eu
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/usr/local/sbin
: "${MIRRORS:=a=http://192.0.2.11:8080/simple/ b=http://192.0.2.12:8080/simple/ c=http://192.0.2.13:8080/simple/}"  # NAME=URL of each mirror
: "${LISTEN:=:8080}"  # address:port of the one URL; for https: ":443 ssl crt FILE alpn h2,http/1.1"
: "${VERDICTS:=$PWD/verdicts}"  # where the verdicts lie
: "${NEAREST:=$PWD/nearest.map}"  # networks, and the mirror that is near to each
: "${STATE:=$PWD/haproxy}"  # where HAProxy keeps what it is told
: "${INTER:=2s}"  # how often a verdict is read
: "${ANSWER:=10s}"  # how long a mirror may say nothing before another one is asked
: "${CA:=}"  # file with the CA of the mirrors; empty: the machine's

export MIRRORS LISTEN NEAREST STATE INTER ANSWER CA
mkdir -p "$STATE"
python3 pool.py
cat >"$STATE/verdict" <<END
#!/bin/sh
VERDICTS='$VERDICTS' exec sh '$PWD/verdict.sh'
END
chmod +x "$STATE/verdict"
exec haproxy -db -f "$STATE/haproxy.cfg"
