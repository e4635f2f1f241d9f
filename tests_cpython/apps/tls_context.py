"""What run(ssl=…) takes on this platform, of the key and the certificate in a folder."""

import sys

try:
    import ssl
except ImportError:  # a MicroPython without the module that wraps it
    import tls as ssl


def context(folder="."):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if sys.implementation.name == "cpython":
        made.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    else:
        with open(folder + "/cert.der", "rb") as cert, open(folder + "/key.der", "rb") as key:
            made.load_cert_chain(cert.read(), key.read())
    return made
