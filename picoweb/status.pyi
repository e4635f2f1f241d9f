"""A flight recorder at a route: what the app has answered and lost, how full the heap was, and its last error."""

from picoweb import WebApp

def add(app: WebApp, url: str = "/status") -> None:
    """Shows it at `url`: a page to browsers; JSON to others, and with ?json.

    For the app that serves, not one that is mounted. It shows tracebacks: keep strangers from it.
    """
