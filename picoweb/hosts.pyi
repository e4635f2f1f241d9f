"""An allow-list of Host, as middleware: a page elsewhere cannot reach the app by a name that leads to it (DNS rebinding)."""

from picoweb import Middleware

def hosts(*names: str) -> Middleware:
    """Middleware that answers 421 where the request is for none of these: "device.local", "*.local", "192.168.4.1".

    The port, the case and the dot of a full name do not matter. ValueError for what is no name or address alone.
    """
