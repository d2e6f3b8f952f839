#!/bin/sh
# Restore a backup of devpi into a new state and make it current; what was there stays beside it.
#
# The restored devpi gets an identity (uuid) of its own. Otherwise a replica that has seen
# more than the backup has would go on as if nothing had happened.
# Exit codes: 0 restored; 1 refused, nothing was touched.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${ENVIRONMENT:=$PWD/venv}"  # the virtual environment of a new state: of the first one, a restored one, the upgraded one
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
umask 077

if [ ! -x "$ENVIRONMENT/bin/devpi-fsck" ]; then
    echo "restore: there is no devpi-server in $ENVIRONMENT; set ENVIRONMENT to where it is" >&2
    exit 1
fi
mkdir -p "$DEVPI"
DEVPI=$(cd "$DEVPI" && pwd)
exec 9>"$DEVPI/lock"
if ! flock -n 9; then
    echo "restore: devpi is being served from $DEVPI: stop it first" >&2
    exit 1
fi
backup=$(sh ./newest-backup.sh "$BACKUPS/devpi")
sh ./verify-backup.sh "$backup" || exit 1

state=state-restored-$(date -u +%Y%m%dT%H%M%SZ)
trap 'rm -rf "${DEVPI:?}/$state"' EXIT
cp -R "$backup" "$DEVPI/$state"
ln -s "$(cd "$ENVIRONMENT" && pwd)/bin" "$DEVPI/$state/bin"
python3 - "$DEVPI/$state/data/.nodeinfo" <<'END'
import json, pathlib, sys
path = pathlib.Path(sys.argv[1])
node = json.loads(path.read_text())
node.pop("uuid", None)  # devpi makes a new one
path.write_text(json.dumps(node))
END
if ! said=$("$ENVIRONMENT/bin/devpi-fsck" --serverdir "$DEVPI/$state/data" 2>&1); then
    printf '%s\n' "$said" | tail -n 3 >&2
    echo "restore: devpi-fsck refuses $backup: nothing was switched" >&2
    exit 1
fi
[ ! -e "$DEVPI/current" ] || basename "$(readlink -f "$DEVPI/current")" >"$DEVPI/$state/before"
trap - EXIT
sync
ln -sfn "$state" "$DEVPI/current.new"
mv -T "$DEVPI/current.new" "$DEVPI/current"  # one rename
echo "restore: $DEVPI is now as it was in ${backup##*/}; uploads since then are not in it"
echo "restore: replicas must be made anew: see check-replica.sh"
