#!/bin/sh
# Copy what is new upstream, delete what upstream has deleted, and tell what is not as it should be.
#
# Exit codes: 0 nothing is missing, behind or too much; 1 something is, and the output names it;
# 2 a setting is wrong; 3 could not tell (another sync is at work, upstream gives no list).
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${NEIGHBOUR:=}"  # a mirror that is asked for each file first, like https://public.example
: "${FILES:=}"  # yes; no: pages alone, and the web server sends on for files; empty: as before
: "${LEFT_OUT:=left-out.txt}"  # the projects to leave out, one name a line
: "${MAX_SIZE:=0}"  # leave out each project with more bytes than this; 0: none
: "${REMOVE_AT_MOST:=1000}"  # where upstream lacks more projects than this at once, delete none
: "${RETRY_AT_MOST:=1000}"  # where more than this fail at once, end the sync
: "${WORKERS:=3}"  # downloads at a time; bandersnatch allows 10 at most

refuse() { # SENTENCE
    echo "sync: $1: nothing done" >&2
    exit 2
}
for setting in "MAX_SIZE=$MAX_SIZE" "REMOVE_AT_MOST=$REMOVE_AT_MOST" \
    "RETRY_AT_MOST=$RETRY_AT_MOST" "WORKERS=$WORKERS"; do
    case ${setting#*=} in
    "" | *[!0-9]* | ????????????????*) refuse "$setting is no whole number" ;;
    esac
done
if [ "$WORKERS" -lt 1 ] || [ "$WORKERS" -gt 10 ]; then
    refuse "WORKERS=$WORKERS is not between 1 and 10"
fi
case $FILES in "" | yes | no) ;; *) refuse "FILES=$FILES is neither yes nor no" ;; esac
UPSTREAM=${UPSTREAM%/}
case $UPSTREAM in
*/simple) refuse "UPSTREAM=$UPSTREAM: write it without /simple" ;;
https://?* | http://?*) ;;
*) refuse "UPSTREAM=$UPSTREAM is no address of an index" ;;
esac
NEIGHBOUR=${NEIGHBOUR%/}
case $NEIGHBOUR in
*/simple) refuse "NEIGHBOUR=$NEIGHBOUR: write it without /simple" ;;
"" | https://* | http://*) ;;
*) refuse "NEIGHBOUR=$NEIGHBOUR is no address of a mirror" ;;
esac
[ -f "$LEFT_OUT" ] || refuse "there is no file $LEFT_OUT (LEFT_OUT)"
names=$(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$LEFT_OUT")
wrong=$(printf '%s\n' "$names" | grep -v '^[A-Za-z0-9._-]*$') || :
[ -z "$wrong" ] || refuse "$LEFT_OUT has a line that is no name: $wrong"

mkdir -p "$MIRROR"
exec 9>"$MIRROR/sync.lock"
if ! flock -n 9; then
    echo "sync: another one works in $MIRROR: nothing done" >&2
    exit 3
fi
# A mirror of pages alone that is to have files begins anew: bandersnatch looks at changes alone.
had=$(cat "$MIRROR/files" 2>/dev/null) || :
[ -n "$FILES" ] || FILES=${had:-yes}
anew=
if [ "$FILES" = yes ] && [ "$had" != yes ]; then
    anew=yes
fi
if [ -n "$anew" ] && [ -f "$MIRROR/status" ]; then
    mv "$MIRROR/status" "$MIRROR/status.pages" # preflight.sh asks for NEED, as before a first sync
fi
code=0
MIRROR=$MIRROR sh ./preflight.sh || code=$?
if [ "$code" -ne 0 ]; then
    [ ! -f "$MIRROR/status.pages" ] || mv "$MIRROR/status.pages" "$MIRROR/status"
    exit "$code"
fi
if [ -n "$anew" ]; then
    : >"$MIRROR/files-wanted" # compare_list.py takes older pages for bare, until all is healthy
    rm -f "$MIRROR/todo" "$MIRROR/status.pages"
fi
[ "$FILES" = yes ] || rm -f "$MIRROR/files-wanted"
echo "$FILES" >"$MIRROR/files"

report=$MIRROR/report.txt
: >"$report.new"
health=0
say() { echo "sync: $*" | tee -a "$report.new" >&2; }
problem() { # CODE SENTENCE
    [ "$health" -eq 1 ] || health=$1
    shift
    say "$@"
}
finish() {
    mv "$report.new" "$report"
    exit "$health"
}
lines() { wc -l <"$1" | tr -d ' '; }

began=$(date -u +%Y%m%dT%H:%M:%S)
# The list comes first: what changes while the sync is at work can then only be newer here.
if python3 upstream_list.py "$UPSTREAM" >"$MIRROR/upstream.new"; then
    mv "$MIRROR/upstream.new" "$MIRROR/upstream.txt"
else
    problem 3 "upstream gives no list: nothing done"
    finish
fi
printf '%s\n' "$names" | tr 'A-Z_.' 'a-z--' | tr -s '-' >"$MIRROR/left-out.txt"
# What was too large for another limit may be small enough now.
if [ "$(cat "$MIRROR/max-size" 2>&1 || :)" != "$MAX_SIZE" ]; then
    : >"$MIRROR/too-large.txt"
    echo "$MAX_SIZE" >"$MIRROR/max-size"
fi
left_out=
for name in $names; do
    left_out="$left_out\\
    $name"
done
for conf in bandersnatch removal; do
    sed -e "s|@MIRROR@|$MIRROR|" -e "s|@UPSTREAM@|$UPSTREAM|" -e "s|@NEIGHBOUR@|$NEIGHBOUR|" \
        -e "s|@WORKERS@|$WORKERS|" -e "s|@FILES@|$FILES|" -e "s|@MAX_SIZE@|$MAX_SIZE|" \
        -e "s|@LEFT_OUT@|$left_out|" "$conf.conf.in" >"$MIRROR/$conf.conf"
done

# shellcheck source=/dev/null
. ./no-proxy.sh
: >"$MIRROR/bandersnatch.log"
work() { # CONF COMMAND...
    conf=$MIRROR/$1.conf
    shift
    bandersnatch -c "$conf" "$@" >>"$MIRROR/bandersnatch.log" 2>&1
}
why() { # [AT_MOST]: say why the projects that it reads are not here, and note what is too large
    python3 why_not_here.py "$UPSTREAM" "$MAX_SIZE" "$@" >"$MIRROR/why.txt"
    while read -r why name serial; do
        [ "$why" != too-large ] || [ -d "$MIRROR/web/simple/$name" ] ||
            echo "$name $serial" >>"$MIRROR/too-large.txt"
    done <"$MIRROR/why.txt"
}

# A todo that is here now was left by a sync that was killed: bandersnatch goes on with it. One that
# is left at its end has the projects that failed, and would hold up all others for ever.
if ! work bandersnatch mirror; then
    problem 1 "bandersnatch broke off, see $MIRROR/bandersnatch.log"
    finish
fi
if [ -f "$MIRROR/todo" ]; then
    failed=$(sed 1d "$MIRROR/todo" | grep -c .) || :
    if [ "$failed" -gt "$RETRY_AT_MOST" ] && [ "$MAX_SIZE" -gt 0 ]; then
        # What is too large stands there too, and has not failed.
        sed -e 1d -e 's/ .*//' "$MIRROR/todo" | why "$RETRY_AT_MOST"
        failed=$(grep -vc '^too-large ' "$MIRROR/why.txt") || :
    fi
    if [ "$failed" -gt "$RETRY_AT_MOST" ]; then
        problem 1 "more than $RETRY_AT_MOST projects failed (RETRY_AT_MOST): the next sync goes on there"
        finish
    fi
    # After a first sync there is no status yet, and the whole would begin again.
    [ -s "$MIRROR/status" ] || sed 1q "$MIRROR/todo" | tr -d '\n' >"$MIRROR/status"
    rm "$MIRROR/todo"
fi
if [ ! -s "$MIRROR/status" ]; then
    problem 1 "bandersnatch copied nothing, see $MIRROR/bandersnatch.log"
    finish
fi

compare() { python3 compare_list.py "$MIRROR" >"$MIRROR/differences.txt"; }
of_kind() { # KIND...
    for kind; do sed -n "s/^$kind //p" "$MIRROR/differences.txt"; done
}
compare

# bandersnatch believes that it is done. What it lacks has to be asked for by name, which leaves a
# todo that bandersnatch itself cannot read.
lagging=$(of_kind missing behind)
if [ -n "$lagging" ]; then
    printf '%s\n' "$lagging" | xargs -n 200 bandersnatch -c "$MIRROR/bandersnatch.conf" sync \
        >>"$MIRROR/bandersnatch.log" 2>&1 || problem 1 "bandersnatch broke off at a project"
    rm -f "$MIRROR/todo"
    compare
fi

# What upstream's list has no more is put to bandersnatch as work: it asks for each once more, deletes
# those that are 404, and writes the list anew. Its time of the last sync is not that of this.
withdrawn=$(of_kind withdrawn)
count=$(of_kind withdrawn | wc -l)
if [ "$count" -gt "$REMOVE_AT_MOST" ]; then
    problem 1 "upstream's list lacks $((count)) projects that are here, more than" \
        "REMOVE_AT_MOST=$REMOVE_AT_MOST: none was deleted"
elif [ -n "$withdrawn$(of_kind unlisted)" ]; then
    {
        cat "$MIRROR/status"
        echo
        for name in $withdrawn; do echo "$name 0"; done
    } >"$MIRROR/todo"
    time=$MIRROR/web/last-modified
    [ ! -f "$time" ] || cp -p "$time" "$MIRROR/last-modified"
    work removal mirror || problem 1 "bandersnatch broke off at a removal"
    rm -f "$MIRROR/todo" "$time"
    [ ! -f "$MIRROR/last-modified" ] || mv "$MIRROR/last-modified" "$time"
    compare
    for name in $withdrawn; do
        if [ -d "$MIRROR/web/simple/$name" ]; then
            problem 1 "upstream's list lacks it, and it is still here: $name"
        else
            say "deleted, as upstream has it no more: $name"
        fi
    done
fi

lagging=$(of_kind missing behind)
if [ -n "$lagging" ]; then
    printf '%s\n' "$lagging" | why
    while read -r why name _; do
        here=
        [ ! -d "$MIRROR/web/simple/$name" ] || here=yes
        case $why$here in
        gone* | too-large) ;;
        too-largeyes) problem 1 "has grown over MAX_SIZE, and is no longer updated: $name" ;;
        unknown*) problem 3 "upstream does not say why it could not be copied: $name" ;;
        *) problem 1 "missing or behind: $name" ;;
        esac
    done <"$MIRROR/why.txt"
    compare # for wanted.txt, without what is too large
fi
for name in $(of_kind left-out); do
    problem 1 "left out, and still served as it was: $name"
done

# A first sync in which a project failed leaves none, also where that one has come since.
[ "$health" -ne 0 ] || [ -f "$MIRROR/web/last-modified" ] || echo "$began" >"$MIRROR/web/last-modified"
[ ! -f "$MIRROR/web/last-modified" ] || chmod 0644 "$MIRROR/web/last-modified"
if [ "$health" -eq 0 ]; then
    rm -f "$MIRROR/files-wanted"
    sed 's/.* //' "$MIRROR/upstream.txt" | sort -n | tail -n 1 >"$MIRROR/checked"
    held=$(find "$MIRROR/web/simple" -mindepth 1 -maxdepth 1 -type d | wc -l)
    say "healthy: $((held)) of $(lines "$MIRROR/upstream.txt") projects," \
        "$(lines "$MIRROR/too-large.txt") too large"
else
    say "NOT healthy"
fi
finish
