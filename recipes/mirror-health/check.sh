#!/bin/sh
# Check the mirrors, and write the outcome as metrics, as a status page and as text.
#
# Exit codes: 0 healthy; 1 findings; 2 a setting is wrong; 3 could not tell.
set -euf
cd "$(dirname "$0")"
PATH=$PWD/venv/bin:$PATH
: "${MIRRORLAB:=mirrorlab}"  # the command of the kit; see "What you need"
: "${TARGETS:=https://mirror.example/simple/}"  # URLs and bandersnatch trees, separated by spaces
: "${UPSTREAM:=https://pypi.org/simple/}"  # the index that they copy
: "${PROJECTS:=}"  # a file with the projects that the mirrors should have; empty: all of upstream
: "${MAX_AGE:=3h}"  # how far a mirror may be behind: a sync an hour, and one of them may fail
: "${OPTIONS:=}"  # more options of mirrorlab check, such as --deep or --sample 500
: "${METRICS:=$PWD/metrics/mirrorlab.prom}"  # the metrics, for Prometheus
: "${STATUS:=$PWD/status/index.html}"  # the status page, for people
: "${STATE:=$PWD/state}"  # where the last report, and the list of what to prune, are kept
: "${ALARM:=}"  # a command that tells you, where no Prometheus does; it reads the report

# Without the lock, so that what ALARM leaves at work does not stop the next check.
tell() {
    [ -z "$ALARM" ] || sh -c "$ALARM" 9>&- ||
        echo "check: ALARM ended with $?, so perhaps nobody was told: $ALARM" >&2
}
give_up() {
    echo "check: $2" >&2
    echo "check: $2" | tell
    exit "$1"
}

command -v "$MIRRORLAB" >/dev/null || give_up 2 "MIRRORLAB: there is no command $MIRRORLAB"
for folder in "$STATE" "$(dirname "$METRICS")" "$(dirname "$STATUS")"; do
    if ! mkdir -p "$folder" || [ ! -w "$folder" ]; then
        give_up 3 "STATE, METRICS or STATUS: cannot write to $folder: nothing was checked"
    fi
done
true >>"$STATE/check.lock" || give_up 3 "STATE: cannot write $STATE/check.lock: nothing was checked"
exec 9>>"$STATE/check.lock"
code=0
flock -n 9 || code=$?
case $code in
0) ;;
1) give_up 3 "another check is at work: nothing done" ;;
*) give_up 3 "flock ended with $code: nothing was checked" ;;
esac

true >"$STATE/report.new" || give_up 3 "STATE: cannot write $STATE/report.new: nothing was checked"

# Each finished check makes the metrics anew. An interpreter that cannot start ends with 1 too.
metrics() {
    ls -i "$METRICS" 2>/dev/null || :
}
before=$(metrics)
set -- --upstream "$UPSTREAM" --max-age "$MAX_AGE" --prometheus "$METRICS" --html "$STATUS"
[ -z "$PROJECTS" ] || set -- "$@" --projects "$PROJECTS"
# shellcheck disable=SC2086  # one word for each target and each option
"$MIRRORLAB" check $TARGETS "$@" $OPTIONS >"$STATE/report.new" 2>&1 9>&- || code=$?
case $code in
2 | 3) ;;
0 | 1) [ "$before" != "$(metrics)" ] || odd="wrote no metrics" ;;
*) odd="is no end of a check" ;;
esac
if [ "${odd:-}" ]; then
    echo "could not tell: $MIRRORLAB ended with $code and $odd" >>"$STATE/report.new"
    code=3
fi
mv "$STATE/report.new" "$STATE/report.txt"
cat "$STATE/report.txt" || :
[ "$code" -eq 0 ] || tell <"$STATE/report.txt"
exit "$code"
