export REQUESTS_CA_BUNDLE=/etc/ssl/private-ca.pem
