#!/bin/sh
# Say whether locks are good: each file has a hash, each hash is the one that an index of your trust
# gives for that very release, and no lock names the address of a mirror.
#
# Exit codes: 0 all are good; 1 one is not; 2 wrong use; 3 could not tell, as TRUSTED does not answer.

set -eu

: "${LOCKS:=app/requirements.txt app/uv.lock app/pylock.toml}"  # the locks, separated by spaces; also poetry.lock, pdm.lock, Pipfile.lock
: "${TRUSTED:=https://pypi.org/simple/}"  # the index whose hashes you believe
: "${MAY_NAME:=https://pypi.org/ https://files.pythonhosted.org/}"  # what an address in a lock may begin with
: "${OWN:=}"  # projects that only your own index has: they are not compared
: "${PYTHON:=python3}"  # the Python to use, with pip

if ! "$PYTHON" -c "import packaging, tomllib" 2>/dev/null; then
    echo "check-lock: $PYTHON must be Python 3.11 or newer with packaging; see requirements.txt" >&2
    exit 2
fi
export TRUSTED MAY_NAME OWN
# shellcheck disable=SC2086  # one word for each lock
exec "$PYTHON" "$(dirname "$0")/check_lock.py" $LOCKS
