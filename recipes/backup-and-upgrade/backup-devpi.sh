#!/bin/sh
# Back up devpi-server while it runs: database, files, users, secret; checked by devpi-fsck.
#
# Exit codes: 0 there is one more backup; 1 there is not, those before are untouched;
# 3 another backup is at work.
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${DEVPI:=$PWD/devpi}"  # where devpi's states live
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
: "${SKIP:=}"  # mirror indexes whose files are left out, such as root/pypi, separated by spaces
umask 077

# What to install for this data again, in case the release after it cannot read it.
releases='import importlib.metadata as m
print("\n".join(sorted({d.name + "==" + d.version for d in m.distributions()})))'
folder=$BACKUPS/devpi
mkdir -p "$folder"
exec 9>"$folder/lock"
if ! flock -n 9; then
    echo "backup: another backup of devpi is at work: nothing done" >&2
    exit 3
fi
new=$folder/.new
rm -rf "$new"  # of a backup that was killed
failed() { # SENTENCE
    rm -rf "$new"
    echo "backup: $1; the backups before are untouched" >&2
    exit 1
}

[ -e "$DEVPI/current" ] || failed "there is no devpi in $DEVPI; set DEVPI to where it is"
state=$(readlink -f "$DEVPI/current")
attempt=1
while :; do
    mkdir "$new"
    # shellcheck disable=SC2086  # one word for each index
    python3 snapshot_devpi.py "$state/data" "$new/data" $SKIP || failed "devpi was not copied"
    if said=$("$state/bin/devpi-fsck" --serverdir "$new/data" 2>&1); then
        break
    fi
    # Somebody may have deleted a release between the database and its files: once more.
    [ "$attempt" -lt 3 ] || failed "devpi-fsck finds the copy damaged: $(
        printf '%s\n' "$said" | grep -E 'ERROR|Missing' | sed 1q)"
    attempt=$((attempt + 1))
    rm -rf "$new"
done
cp "$state/secret" "$new/secret" || failed "the secret was not copied"
"$(readlink "$state/bin")/python" -c "$releases" >"$new/requirements.txt" || failed "its releases are not known"
sh ./finish-backup.sh "$folder" || failed "it was not finished"
