#!/bin/sh
# Copy another mirror's tree into a new generation, look at all that is new in it, and only then
# let the web server read it.
#
# Exit codes: 0 the new generation is served; 1 it is not whole, and the old one is served on;
# 2 a setting is wrong; 3 could not tell (another sync is at work, the source does not answer).
set -eu
cd "$(dirname "$0")"
: "${SOURCE:=rsync://public.example/pypi/}"  # the folder that has simple/ and packages/, as rsync names it
: "${MIRROR:=$PWD/mirror}"  # where the generations are; the web server reads web in it
: "${KEEP:=2}"  # how many generations stay beside the one that is served
: "${SHRINK:=10}"  # refuse a source that has lost more than so many percent of its projects or files; 100: take whatever it has
: "${EXCEPT:=}"  # projects whose faults shall not hold up all others, separated by spaces
: "${BANDWIDTH:=0}"  # kB a second that rsync may take; 0 is all of it
: "${PATIENCE:=60}"  # seconds without a byte after which rsync gives up

say() { echo "sync: $*" >&2; }
end() { # CODE SENTENCE
    say "$2"
    exit "$1"
}
for program in rsync flock python3; do
    command -v "$program" >/dev/null || end 2 "there is no $program on PATH: install it"
done
for name in KEEP SHRINK BANDWIDTH PATIENCE; do
    value=
    eval "value=\$$name"
    case $value in
    '' | *[!0-9]* | 0?* | ??????????*) end 2 "$name is a whole number, not '$value'" ;;
    esac
done
[ "$SHRINK" -le 100 ] || end 2 "SHRINK is a percentage, not '$SHRINK'"
[ "$PATIENCE" -gt 0 ] || end 2 "PATIENCE is 1 or more: with 0, rsync waits for ever"
case $EXCEPT in
*[!a-z0-9\ -]* | -* | *\ -*) end 2 "EXCEPT is names as they stand in URLs, and spaces, not '$EXCEPT'" ;;
esac
case $SOURCE in
rsync://?* | /*) kind=known ;;
-* | :* | *://*) kind= ;; # rsync would take the http of http://HOST/ for a host, and go there with ssh
*:?*) kind=known ;;
*) kind= ;;
esac
[ -n "$kind" ] || end 2 "SOURCE is rsync://HOST/MODULE/, HOST:/FOLDER/ or /FOLDER/, not '$SOURCE'"
case $MIRROR in
/*) ;;
*) end 2 "MIRROR is a whole path, from / on, not '$MIRROR'" ;;
esac

generations=$MIRROR/generations
new=$generations/.new
{ mkdir -p "$generations" && : >>"$MIRROR/sync.lock"; } 2>/dev/null ||
    end 2 "cannot write to MIRROR, $MIRROR: see who owns it, and whether it has room"
exec 9>"$MIRROR/sync.lock"
flock -n 9 || end 3 "another sync into $MIRROR is under way: nothing done"
old=
if [ -L "$MIRROR/web" ]; then
    old=$MIRROR/$(readlink "$MIRROR/web")
    [ -d "$old" ] || end 1 "$MIRROR/web leads to $old, which is not there: turn it to a generation that is, or remove it"
elif [ -e "$MIRROR/web" ]; then
    end 2 "$MIRROR/web is no symlink, so this script did not make it: choose another MIRROR"
fi

# What is the same in the old generation becomes a hard link to it. Never add --inplace or --append:
# they write through the links, into the generation that is served.
fetch() { # WHAT RULES...: its name, and which part of the source it is
    what=$1
    shift
    [ -z "$old" ] || set -- "$@" --link-dest="$old"
    case $SOURCE in
    rsync://* | *::*) set -- "$@" --contimeout="$PATIENCE" ;;
    esac
    status=0
    # Symlinks are not copied: nginx would follow them out of the tree. Names that begin with a dot
    # are half downloads, here and there.
    stats=$(rsync --recursive --times --modify-window=-1 --perms --chmod=D755,F644 \
        --delete-delay --partial-dir=.rsync-partial --filter='hide .*' \
        --timeout="$PATIENCE" --bwlimit="$BANDWIDTH" --stats --no-human-readable \
        "$@" --exclude='*' "${SOURCE%/}/" "$new/") || status=$?
    case $status in
    0) ;;
    24) say "the source changed meanwhile" ;;
    5) end 3 "the source refused, as rsync says above: look at SOURCE, or come later" ;;
    10 | 12 | 30 | 35 | 255)
        end 3 "the source does not answer, or stopped to: what came is kept for the next sync"
        ;;
    11) end 1 "no room here, or a bad disk, as rsync says above: what came is kept for the next sync" ;;
    23) end 1 "rsync names above what it could not read there or write here: what came is kept for the next sync" ;;
    *) end 1 "rsync ended with exit code $status, and says why above: what came is kept for the next sync" ;;
    esac
    files=$(printf '%s\n' "$stats" | sed -n 's/^Number of regular files transferred: //p')
    bytes=$(printf '%s\n' "$stats" | sed -n 's/^Literal data: //p')
    say "fetched $files $what, $bytes"
}
# When the first level last synced, like 20261121T20:30:00; nothing where it does not say so.
synced() { grep -x '[0-9]\{8\}T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]' "$1/last-modified" 2>/dev/null || :; }
projects() { find "$1/simple" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }

# Pages before files: upstream of us, files come before the page that names them. So what a page
# of ours names has been there since before we ask for it.
fetch pages --include=/last-modified --include=/simple/ --include='/simple/*/' \
    --include='/simple/index.*' --include='/simple/*/index.*'
has=$(projects "$new")
[ "$has" -gt 0 ] || end 1 "the source has no project: nothing is switched to"
if [ -n "$old" ]; then
    had=$(projects "$old")
    [ $(((had - has) * 100)) -le $((had * SHRINK)) ] ||
        end 1 "the source has $has projects, and $had are served: more than $SHRINK percent are gone. If that is right: SHRINK=100 sh sync.sh"
    was=$(synced "$old")
    is=$(synced "$new")
    if [ -n "$was" ] && [ "$SHRINK" -lt 100 ]; then
        [ -n "$is" ] ||
            end 1 "the source does not say of when it is, and what is served is of $was: see its last-modified. If that is right: SHRINK=100 sh sync.sh"
        [ "$(printf '%s\n' "$was" "$is" | LC_ALL=C sort | tail -n 1)" = "$is" ] ||
            end 1 "the source is of $is, older than what is served, of $was. If that is right: SHRINK=100 sh sync.sh"
    fi
fi
fetch files --include='/packages/***'

# shellcheck disable=SC2086  # one word for each project
python3 verify.py --old "$old" --shrink "$SHRINK" "$new" $EXCEPT >&2 ||
    end 1 "NOT switched: what was served before is served on"

name=$(date -u +%Y-%m-%dT%H%M%SZ).$(printf %07d $$)
{
    sync -f "$new" && # a power cut must not leave a generation of empty files
        mv "$new" "$generations/$name" &&
        rm -f "$MIRROR/.web" &&
        ln -s "generations/$name" "$MIRROR/.web" &&
        mv -T "$MIRROR/.web" "$MIRROR/web"
} || end 1 "NOT switched, for the reason above: what was served before is served on"
say "served from now on: $name"

# Each is renamed before it is removed, so that nobody goes back to one that is half gone.
find "$generations" -mindepth 1 -maxdepth 1 -type d -name '20??-??-??T??????Z.*' ! -name "$name" |
    sort -r | tail -n "+$((KEEP + 1))" | {
    rm -rf "$generations/.gone"
    while read -r each; do
        mv "$each" "$generations/.gone" && rm -rf "$generations/.gone" || exit
    done
} || end 1 "$name is served, but an older generation could not be removed, for the reason above"
