#!/bin/sh
# Read by sync.sh and repair.sh. bandersnatch obeys http_proxy and knows nothing of no_proxy: where
# no_proxy names upstream, take the proxy from it.
if python3 -c 'import sys, urllib.request as u
sys.exit(not u.proxy_bypass(u.urlparse(sys.argv[1]).netloc))' "${UPSTREAM:?}"; then
    unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
fi
