"""picoweb on CPython, never on a board: the board's modules, ASGI and WSGI, the command line, the virtual board.

Importing this package offers the board's modules to `import` (see picoweb.host.shim); `uninstall()` takes them back.
"""

from .shim import install, uninstall

__all__ = ["asgi", "install", "uninstall", "wsgi"]


def asgi(app):
    """Return the ASGI 3 application of a WebApp, for uvicorn, hypercorn, granian and others: the WebApp itself."""
    return app


def wsgi(app):
    """Return the WSGI application (PEP 3333) of a WebApp, for gunicorn, waitress and others."""
    return app.wsgi


install()
