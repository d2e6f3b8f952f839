#!/bin/sh
# Back up a bandersnatch mirror: its configuration and the sum of every file; the files if you want.
#
# Upstream has the files. But upstream may withdraw some: with TREE=yes they are in the backup.
# Exit codes: 0 there is one more backup; 1 there is not, those before are untouched;
# 2 a setting is wrong; 3 a sync or another backup is at work.
set -eu
cd "$(dirname "$0")"
: "${MIRROR:=$PWD/mirror}"  # the mirror: bandersnatch's `directory`
: "${CONF:=$MIRROR/bandersnatch.conf}"  # bandersnatch's configuration
: "${ALSO:=}"  # more files to keep, such as an allowlist; a restore puts them into MIRROR
: "${TREE:=no}"  # yes: pages and files too, to restore what upstream no longer has
: "${BACKUPS:=$PWD/backups}"  # where backups go: another disk, and from there to another machine
: "${PATIENCE:=10}"  # seconds to wait for an upload or a sync that is going on
umask 077

case $TREE:$PATIENCE in
yes:*[!0-9]* | no:*[!0-9]* | *:)
    echo "backup: PATIENCE is \"$PATIENCE\": set it to a number of seconds" >&2
    exit 2
    ;;
yes:* | no:*) ;;
*)
    echo "backup: TREE is \"$TREE\": set it to yes or no" >&2
    exit 2
    ;;
esac
if [ ! -d "$MIRROR" ]; then
    echo "backup: there is no mirror in $MIRROR; set MIRROR to where it is" >&2
    exit 1
fi
folder=$BACKUPS/mirror
mkdir -p "$folder"
# The web server goes on. A sync does not, as it would change the tree under our hands.
exec 8>"$folder/lock" 9>"$MIRROR/sync.lock"
if ! flock -n 8 || ! flock -w "$PATIENCE" 9; then
    echo "backup: a sync or another backup of $MIRROR is at work: nothing done" >&2
    exit 3
fi
new=$folder/.new
rm -rf "$new"  # of a backup that was killed
failed() { # SENTENCE
    rm -rf "$new"
    echo "backup: $1; the backups before are untouched" >&2
    exit 1
}

mkdir "$new"
cp -p "$CONF" "$new/bandersnatch.conf" || failed "$CONF was not copied"
for file in $ALSO; do
    [ ! -e "$new/${file##*/}" ] || failed "two files are called ${file##*/}"
    cp -p "$file" "$new" || failed "$file was not copied"
done
(cd "$MIRROR" && find -L web/packages -type f ! -name '.*' -exec sha256sum {} +) >"$new/files.txt" ||
    failed "the files of $MIRROR could not be read"
if [ "$TREE" = yes ]; then
    mkdir "$new/tree"
    for name in web status generation; do
        [ ! -e "$MIRROR/$name" ] || cp -RLp "$MIRROR/$name" "$new/tree" || failed "$MIRROR was not copied"
    done
fi
sh ./finish-backup.sh "$folder" || failed "it was not finished"
