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

mkdir -p "$STATE" "$(dirname "$METRICS")" "$(dirname "$STATUS")"
exec 9>"$STATE/check.lock"
if ! flock -n 9; then
    echo "check: another check is at work: nothing done" >&2
    exit 3
fi

set -- --upstream "$UPSTREAM" --max-age "$MAX_AGE" --prometheus "$METRICS" --html "$STATUS"
[ -z "$PROJECTS" ] || set -- "$@" --projects "$PROJECTS"
code=0
# shellcheck disable=SC2086  # one word for each target and each option
"$MIRRORLAB" check $TARGETS "$@" $OPTIONS >"$STATE/report.new" 2>&1 9>&- || code=$?
mv "$STATE/report.new" "$STATE/report.txt"
cat "$STATE/report.txt"
if [ "$code" -ne 0 ] && [ -n "$ALARM" ]; then
    sh -c "$ALARM" <"$STATE/report.txt"
fi
exit "$code"
