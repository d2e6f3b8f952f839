#!/bin/sh
# Fetch the pages of your projects from an index you trust, and show them in one step.
set -eu
cd "$(dirname "$0")"
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index whose pages and hashes you believe; https only
: "${PROJECTS:=projects.txt}"  # a file with the projects you serve, one name a line
: "${SITE:=$PWD/site}"  # where the pages are kept; nginx reads current/ in it
: "${FILES:=/packages/}"  # where pages say that files are: your host, or https://HOST/packages/ of one mirror
: "${UNREAD:=leave-out}"  # wheels whose core metadata has no hash in the page: leave-out or publish

export UPSTREAM PROJECTS SITE FILES UNREAD
exec python3 pages.py
