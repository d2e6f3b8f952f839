export REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt
