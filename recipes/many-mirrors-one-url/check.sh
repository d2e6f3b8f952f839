#!/bin/sh
# Check every mirror against upstream, side by side, and write what came of it: a verdict
# each, which the balancer reads.
#
# Exit codes of one round: 0 every mirror is good; 1 one is not, and the output names it;
# 2 a setting is wrong, and no verdict was written; 3 of one nothing could be told, and its
# last verdict stands until it ends.
set -eu
cd "$(dirname "$0")"
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${MIRRORS:=a=http://192.0.2.11:8080/simple/ b=http://192.0.2.12:8080/simple/ c=http://192.0.2.13:8080/simple/}"  # NAME=URL of each mirror
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index that they copy
: "${VERDICTS:=$PWD/verdicts}"  # where the verdicts lie
: "${EVERY:=60}"  # seconds between two checks of a mirror; 0 checks each once
: "${CHECK:=--sample 50 --max-age 1h}"  # more words for mirrorlab check
: "${WITHIN:=60}"  # seconds a check may take; a mirror that keeps it longer is bad
: "${GOOD_FOR:=300}"  # seconds a good verdict counts, if no other follows
: "${UNCOMPARED:=86400}"  # seconds a good mirror stays in while upstream does not answer
: "${REQUIRE:=upload-time}"  # what no mirror may drop of upstream's pages
: "${CA:=}"  # file with the CA of the mirrors and of upstream; empty: the machine's
: "${NAMES:=}"  # folder of names.sh, for the DNS way; empty: none
: "${NAME:=mirror.example}"  # the one name, for the DNS way
: "${ALARM:=logger -t many-mirrors -p user.err}"  # what tells you of a change; it reads the text

[ -z "$CA" ] || export SSL_CERT_FILE="$CA"
export MIRRORLAB MIRRORS UPSTREAM VERDICTS EVERY CHECK WITHIN GOOD_FOR UNCOMPARED REQUIRE CA NAMES NAME ALARM
exec python3 check_mirrors.py
