#!/bin/sh
# Bring the mirror up to date, then compare it with upstream and tell what is not as it
# should be.
#
# Exit codes: 0 the mirror has what upstream has; 1 it has not, and the output names
# what; 3 could not tell (another sync is at work, upstream does not answer).
set -eu
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${UPSTREAM:=https://pypi.org}"  # the index you copy from
: "${MIRROR:=$PWD/mirror}"  # where the mirror lives; the web server reads web/ in it
: "${BLOCKED:=}"  # releases to leave out, as name==version, separated by spaces
: "${WORKERS:=3}"  # downloads at a time; bandersnatch allows 10 at most

health=0
report=
say() {
    report="$report$1
"
    echo "$1" >&2
}
problem() { # CODE SENTENCE
    [ "$health" -eq 1 ] || health=$1
    say "sync: $2"
}

# bandersnatch takes a proxy from the environment as others do, but it ignores no_proxy.
host=${UPSTREAM#*://}
case ",${no_proxy:-${NO_PROXY:-}}," in
*",${host%%[:/]*},"*)
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
    ;;
esac

# bandersnatch holds its own .lock only while it starts: two would copy side by side.
mkdir -p "$MIRROR"
exec 9>"$MIRROR/sync.lock"
if ! flock -n 9; then
    echo "sync: another sync of $MIRROR is at work: nothing done" >&2
    exit 3
fi

UPSTREAM=$UPSTREAM MIRROR=$MIRROR sh ./allowlist.sh ||
    problem 1 "going on with the old list, without what is new on it"
if [ ! -s "$MIRROR/allowlist.txt" ]; then
    echo "sync: the allowlist is empty; bandersnatch would copy everything: nothing done" >&2
    exit 1
fi

blocked=
for release in $BLOCKED; do
    blocked="$blocked\\
    $release"
done
conf=$MIRROR/bandersnatch.conf
filled=$(sed -e "s|@UPSTREAM@|$UPSTREAM|" -e "s|@MIRROR@|$MIRROR|" \
    -e "s|@WORKERS@|$WORKERS|" -e "s|@BLOCKED@|$blocked|" bandersnatch.conf.in)
if [ ! -f "$conf" ] || [ "$filled" != "$(cat "$conf")" ]; then
    printf '%s\n' "$filled" >"$conf"
fi

# While a todo file is there, bandersnatch works on nothing else: one bad file would
# freeze all the rest. Without it, it asks for all changes since the last good sync.
rm -f "$MIRROR/todo"
# Each download that was killed, or had wrong bytes, has left a file .NAME.xxxxxxxx that
# nobody else would ever remove.
mkdir -p "$MIRROR/web/packages"
find "$MIRROR/web/packages" -type f -name '.*' -exec rm -f {} +
log=$(bandersnatch -c "$conf" mirror 2>&1) ||
    problem 1 "bandersnatch ended with exit code $?"

# bandersnatch also exits with 0 after errors. After its first line, todo has the
# projects that it could not copy.
if [ -f "$MIRROR/todo" ]; then
    left=$(sed -e 1d -e 's/ .*//' "$MIRROR/todo" | tr '\n' ' ')
    problem 1 "bandersnatch left in todo: $left"
fi

compare() { python3 compare.py "$MIRROR" "$UPSTREAM"; }
differences=$(compare) || problem 3 "the mirror could not be compared with upstream"

# bandersnatch believes that it is done, and something is missing: a project new on the
# list but old upstream, or one that was 404 just once. It has to be asked for by name.
lagging=$(printf '%s\n' "$differences" |
    sed -n -e 's/^missing \([^ ]*\) .*/\1/p' -e 's/^behind \([^ ]*\) .*/\1/p')
if [ -n "$lagging" ] && [ "$health" -eq 0 ]; then
    # shellcheck disable=SC2086  # one word for each project
    log=$log$(bandersnatch -c "$conf" sync $lagging 2>&1) ||
        problem 1 "bandersnatch ended with exit code $?"
    rm -f "$MIRROR/todo"
    differences=$(compare) || problem 3 "the mirror could not be compared with upstream"
fi

# bandersnatch writes it for its own user only; the web server is another one.
[ ! -f "$MIRROR/web/last-modified" ] || chmod 0644 "$MIRROR/web/last-modified"

while read -r kind rest; do
    case $kind in
    missing | behind) problem 1 "$kind: $rest" ;;
    withdrawn)
        problem 1 "withdrawn upstream, still served here: $rest; see withdrawn.sh"
        ;;
    unknown) problem 3 "could not tell: $rest" ;;
    unlisted) say "sync: no longer updated: $rest; see withdrawn.sh" ;;
    esac
done <<END
$differences
END

if [ "$health" -eq 0 ]; then
    count=$(wc -l <"$MIRROR/allowlist.txt")
    say "sync: healthy: $count projects, serial $(cat "$MIRROR/status")"
else
    noted='ERROR|Error: |Exception: |Stale|no longer exists'
    errors=$(printf '%s\n' "$log" | grep -E "$noted" | sort -u | tail -n 30) || :
    [ -z "$errors" ] || say "$errors"
    say "sync: NOT healthy"
fi
printf '%s' "$report" >"$MIRROR/report.txt" || :
exit "$health"
