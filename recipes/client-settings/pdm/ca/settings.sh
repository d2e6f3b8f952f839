export SSL_CERT_FILE=/etc/ssl/private-ca.pem
