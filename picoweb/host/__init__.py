"""picoweb on CPython, never on a board: the board's modules, ASGI and WSGI, the command line, the virtual board.

Importing this package offers the board's modules to `import` (see picoweb.host.shim); `uninstall()` takes them back.
"""

from .shim import install, uninstall

__all__ = ["asgi", "install", "uninstall", "wsgi"]


def asgi(app):
    """The ASGI 3 application of a WebApp, for uvicorn, hypercorn, granian and others."""
    from .asgi_app import Application

    return Application(app)


def wsgi(app):
    """The WSGI application (PEP 3333) of a WebApp, for gunicorn, waitress and others."""
    from .wsgi_app import Application

    return Application(app)


install()
