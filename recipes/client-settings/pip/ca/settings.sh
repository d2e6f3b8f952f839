export PIP_CERT=/etc/ssl/private-ca.pem
