#!/bin/sh
# Fetch the pages of your projects from an index you trust, and show them in one step.
set -eu
cd "$(dirname "$0")"
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you trust; https only
: "${PROJECTS:=projects.txt}"  # a file with the projects you serve, one name a line
: "${SITE:=$PWD/site}"  # where the pages are kept; nginx reads current/ in it
: "${FILES:=/packages/}"  # where pages send clients: your host, or https://HOST/packages/
: "${UNREAD:=leave-out}"  # wheels whose core metadata has no hash in the page: leave-out or publish

export UPSTREAM PROJECTS SITE FILES UNREAD
exec python3 pages.py
