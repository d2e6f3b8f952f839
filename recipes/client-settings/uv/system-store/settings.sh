export UV_SYSTEM_CERTS=true
