#!/bin/sh
# Compare what you serve with the index you trust: pages in both forms, and a sample of the files.
set -eu
cd "$(dirname "$0")"
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${INDEX:=https://mirror.example/simple/}"  # your own index, as clients ask it
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index you trust; https only
: "${PROJECTS:=projects.txt}"  # a file with the projects you serve, one name a line

exec "$MIRRORLAB" check "$INDEX" --upstream "$UPSTREAM" --projects "$PROJECTS"
