#!/bin/sh
# Make devpi what the settings say: users, their roles, the stages and your private names.
#
# Run it after every change of a setting; a second run changes nothing. It removes nothing.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI_LISTEN:=127.0.0.1:3141}"  # where devpi listens, for nginx
: "${SECRETS:=$PWD/secrets}"  # passwords and tokens, a file each, for this user only
: "${UPSTREAM:=https://pypi.org}"  # the index that public projects come from
: "${COMPANY:=acme}"  # who owns the indexes: acme/dev, acme/staging, acme/production
: "${READERS:=}"  # users who may install, and nothing else, separated by spaces
: "${UPLOADERS:=ci}"  # users who may also upload to dev
: "${RELEASERS:=alice}"  # users who may also upload, and push, to dev and staging
: "${APPROVERS:=bob}"  # users who may push to production
: "${NAMES:=}"  # names of your private projects, which no public project may ever take
: "${CACHE_EXPIRY:=1800}"  # seconds for which upstream is not asked for the same page again

export COMPANY READERS UPLOADERS RELEASERS APPROVERS NAMES CACHE_EXPIRY
python3 set_up.py "http://$DEVPI_LISTEN" "$SECRETS" "$UPSTREAM"
