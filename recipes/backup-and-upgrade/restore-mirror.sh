#!/bin/sh
# Restore a bandersnatch mirror: its configuration, its tree if the backup has it, and then a sync.
#
# Exit codes: 0 every file of the backup is there; 1 refused, or the sync failed, or upstream no
# longer has some files, and the output names them.
set -eu
cd "$(dirname "$0")"
: "${MIRROR:=$PWD/mirror}"  # the mirror: bandersnatch's `directory`
: "${CONF:=$MIRROR/bandersnatch.conf}"  # bandersnatch's configuration
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine

backup=$(sh ./newest-backup.sh "$BACKUPS/mirror")
if [ -e "$MIRROR/web" ]; then
    echo "restore: $MIRROR is not empty: move it away first" >&2
    exit 1
fi
sh ./verify-backup.sh "$backup" || exit 1

was=$(sed -n 's|^directory *[=:] *\(.*[^/]\)/*$|\1|p' "$backup/bandersnatch.conf")
if [ -z "$was" ]; then
    echo "restore: $backup/bandersnatch.conf names no directory: nothing was touched" >&2
    exit 1
fi
mkdir -p "$MIRROR" "$(dirname "$CONF")"
MIRROR=$(cd "$MIRROR" && pwd)
CONF=$(cd "$(dirname "$CONF")" && pwd)/${CONF##*/}
[ ! -d "$backup/tree" ] || cp -Rp "$backup/tree/"* "$MIRROR"
for file in "$backup"/*; do
    case ${file##*/} in
    bandersnatch.conf | files.txt | SHA256SUMS | tree) ;;
    *) cp -p "$file" "$MIRROR" ;;  # what ALSO named
    esac
done
# The mirror may have moved: wherever the configuration names its folder, it is the new one.
sed -e "s|$was/|$MIRROR/|g" -e "s|$was\$|$MIRROR|" "$backup/bandersnatch.conf" >"$CONF"
health=0
if ! MIRROR=$MIRROR CONF=$CONF sh ./mirror.sh; then
    echo "restore: the sync was not healthy (see above): run mirror.sh again" >&2
    health=1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compare() { (cd "$MIRROR" && sha256sum --quiet -c "$backup/files.txt") >"$work/lost" 2>/dev/null; }
if [ -s "$backup/files.txt" ] && ! compare; then
    sed -e 's/: FAILED.*//' -e 's|^|restore: upstream no longer has: |' "$work/lost" >&2
    echo "restore: the rest of $MIRROR is as it was in ${backup##*/}" >&2
    exit 1
fi
echo "restore: $MIRROR has every file that it had in ${backup##*/}"
exit "$health"
