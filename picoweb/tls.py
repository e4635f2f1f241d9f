"""TLS on MicroPython: each handshake costs only its own client."""


class TLS:
    """Wraps the sockets of clients in a context of ssl.SSLContext."""

    def __init__(self, context):
        self.context = context

    def wrap(self, peer):
        """Return a stream of a client's socket; the handshake comes with its first bytes."""
        return self.context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
