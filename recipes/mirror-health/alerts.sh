#!/bin/sh
# Fill the alert rules with your thresholds, and let Prometheus' own tool look at them.
#
# Exit codes: 0 the rules are written; 1 promtool refuses them; 2 a setting is wrong;
# 3 there is no promtool. But for 0, the rules stay as they were.
set -eu
cd "$(dirname "$0")"
: "${ALERTS:=$PWD/alerts.yml}"  # the rules, for rule_files of Prometheus
: "${SILENT:=10800}"  # seconds without a finished check; it runs every hour
: "${PATIENCE:=4500}"  # seconds that something may not answer; two checks in a row
: "${BEHIND:=86400}"  # seconds behind upstream after which somebody is woken

for threshold in "SILENT $SILENT" "PATIENCE $PATIENCE" "BEHIND $BEHIND"; do
    case ${threshold#* } in
    '' | 0* | *[!0-9]* | ????????*)
        echo "alerts: ${threshold%% *} is a number of seconds, not '${threshold#* }'" >&2
        exit 2
        ;;
    esac
done
if ! command -v promtool >/dev/null; then
    echo "alerts: there is no promtool; it comes with Prometheus" >&2
    exit 3
fi
if ! true >"$ALERTS.new"; then
    echo "alerts: ALERTS: cannot write $ALERTS.new" >&2
    exit 2
fi
sed -e "s/@SILENT@/$SILENT/" -e "s/@PATIENCE@/$PATIENCE/" -e "s/@BEHIND@/$BEHIND/" \
    alerts.yml.in >"$ALERTS.new"
if ! promtool check rules "$ALERTS.new"; then
    rm "$ALERTS.new"
    exit 1
fi
mv "$ALERTS.new" "$ALERTS"
