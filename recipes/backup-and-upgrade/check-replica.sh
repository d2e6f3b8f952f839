#!/bin/sh
# Say whether a replica of devpi has what its primary has.
#
# Exit codes: 0 it has; 1 it has not, and the output says what differs; 3 could not tell.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${PRIMARY:=http://127.0.0.1:3141}"  # the URL of the primary
: "${REPLICA:=http://127.0.0.1:3142}"  # the URL of the replica

python3 compare_replica.py "$PRIMARY" "$REPLICA"
echo "check-replica: $REPLICA has what $PRIMARY has"
