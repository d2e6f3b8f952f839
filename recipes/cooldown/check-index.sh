#!/bin/sh
# Say whether an index tells installers when its files were uploaded. Without that no cooldown works.
#
# Exit codes: 0 it does; 1 it does not; 2 wrong use; 3 could not tell.
set -eu
: "${INDEX:=https://pypi.org/simple/}"  # the index that your installers ask
: "${PROJECTS:=}"  # projects to ask for, separated by spaces: a public one, and one of your own
: "${PYTHON:=python3}"  # the Python to use, with packaging

case $PROJECTS in
    *[!A-Za-z0-9._\ -]*|*/*) echo "check-index: PROJECTS: '$PROJECTS' is not names and spaces" >&2; exit 2 ;;
    *[A-Za-z0-9]*) ;;
    *) echo "check-index: say which projects: PROJECTS='pip acme-lib' sh check-index.sh" >&2; exit 2 ;;
esac
case $INDEX in
    http://*|https://*) ;;
    *) echo "check-index: INDEX: '$INDEX' is no address of an index" >&2; exit 2 ;;
esac
if ! "$PYTHON" -c "import packaging, datetime; datetime.UTC" 2>/dev/null; then
    echo "check-index: $PYTHON must be Python 3.11 or newer with packaging; see requirements-proxy.txt" >&2
    exit 2
fi
export INDEX PROJECTS
exec "$PYTHON" "$(dirname "$0")/check_index.py"
