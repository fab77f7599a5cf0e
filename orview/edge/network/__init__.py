"""Being found on the local network, and the certificate to be recognised by."""
