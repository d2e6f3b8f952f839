#!/bin/sh
# On the first level: let others copy the tree with rsync, as an ordinary user.
set -eu
cd "$(dirname "$0")"
: "${TREE:=/srv/mirror/web}"  # the folder that has simple/ and packages/
: "${RSYNC_LISTEN:=0.0.0.0:8873}"  # address:port; 873 is for root only
: "${RSYNC_STATE:=$PWD/rsyncd}"  # where the daemon keeps its configuration, its pid and its log
: "${MAX_CONNECTIONS:=4}"  # who comes when so many copy is told to try again later
: "${DAEMON:=rsync --daemon}"  # what starts it

end() { # CODE SENTENCE
    echo "rsyncd: $2" >&2
    exit "$1"
}
case $MAX_CONNECTIONS in
'' | *[!0-9]* | 0* | ??????????*) end 2 "MAX_CONNECTIONS is a whole number from 1 on, not '$MAX_CONNECTIONS'" ;;
esac
case $RSYNC_LISTEN in
*:*[!0-9]* | *: | :* | *[!:0-9A-Za-z.-]*) end 2 "RSYNC_LISTEN is address:port, not '$RSYNC_LISTEN'" ;;
*:*) ;;
*) end 2 "RSYNC_LISTEN is address:port, not '$RSYNC_LISTEN'" ;;
esac
for path in "$TREE" "$RSYNC_STATE"; do
    case $path in
    *[\&\|\\%]*) end 2 "none of & | \\ % can be in '$path': sed or rsync would read it" ;;
    /*) ;;
    *) end 2 "TREE and RSYNC_STATE are whole paths, from / on, not '$path'" ;;
    esac
done
[ -d "$TREE/simple" ] || end 2 "$TREE has no simple/: is it the folder that the web server reads?"
command -v rsync >/dev/null || end 2 "there is no rsync on PATH: install it"
mkdir -p "$RSYNC_STATE"
conf=$RSYNC_STATE/rsyncd.conf
sed -e "s|@TREE@|$TREE|" -e "s|@STATE@|$RSYNC_STATE|" -e "s|@MAX_CONNECTIONS@|$MAX_CONNECTIONS|" \
    -e "s|@ADDRESS@|${RSYNC_LISTEN%:*}|" -e "s|@PORT@|${RSYNC_LISTEN##*:}|" rsyncd.conf.in >"$conf.new"
mv "$conf.new" "$conf" # a daemon that runs reads its modules anew for each connection

listed() { rsync --contimeout=5 "rsync://$RSYNC_LISTEN/" 2>&1; }
if ! listed >/dev/null; then
    rm -f "$RSYNC_STATE/rsyncd.pid" # of one that was killed; a second daemon could not listen anyway
    $DAEMON --config="$conf"
    tries=0
    until listed >/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] ||
            end 1 "no daemon at $RSYNC_LISTEN: $(listed); see $RSYNC_STATE/rsyncd.log"
        sleep 0.1
    done
fi
listed | grep '^pypi' || end 1 "another daemon is at $RSYNC_LISTEN, and it gives no pypi away: choose another port"
