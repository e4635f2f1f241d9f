"""The WebApp of CPython: with a server of its own, and an application for servers of ASGI and WSGI."""

import asyncio
import errno
import functools
import sys

import picoweb
from picoweb.http import CLOSING, Refusal
from picoweb.utils import unquote

from . import asgi_app, features, libraries, server
from .asgi_app import HTTPConnection
from .gateway import Log
from .router import Router
from .shim import uasyncio
from .shim.generators import adopt

features.install(picoweb.WebApp, picoweb.Connection, picoweb.HTTPRequest)

# CPython 3.11 tells whether it was the task that was cancelled, and not something that it has awaited.
COUNTED = hasattr(asyncio.Task, "cancelling")

libraries.add(sys.path[0] if sys.path else "")  # a script's, or a server's, before it has made an app


class WebApp(picoweb.WebApp):
    """An app on CPython: what `uvicorn app:app` and `gunicorn app:app` call."""

    connection = server.Connection
    router = Router(())

    def __new__(cls, *args, **kwargs):
        app = super().__new__(cls)
        # A call asks the class. What stands here is for servers that look whether it is a coroutine function: ASGI.
        app.__call__ = app.asgi
        return app

    def __init__(self, pkg, *args, **kwargs):
        super().__init__(pkg, *args, **kwargs)
        libraries.add_for(pkg)

    def prepare(self):
        """Load what the routes name, call init() once, and have the app's generators await what a board's can."""
        super().prepare()
        adopt(self)

    def find(self, req):
        """As the core finds a handler, which tells also why there is none."""
        path = req.path
        if "%" in path:
            path = unquote(path)
        if self.router.url_map != self.url_map:
            self.router = Router(self.url_map)
        found = path is None or "\0" in path or self.router.find(path, req)
        if found is True:
            return super().find(req)
        if found is None:
            raise Refusal(404, "no such page")
        route, extra, match = found
        req.route = route
        if extra.get("headers", self.headers_mode) == "leave":
            req.conn.leave()
        func = route[1]
        if isinstance(func, str):
            func = getattr(self, func)
        if match is not True:
            req.url_match = match
            if hasattr(route[0], "named"):
                return functools.partial(func, **match)
        return func

    def note(self, conn):
        """Count an answer, and log it if there is somebody to read it."""
        if type(self.log) is Log and not (conn.why and conn.status in CLOSING):
            self.count(conn.status // 100)
        else:
            super().note(conn)

    async def listen(self, host, port, ssl):
        """Take in clients from now on; OSError if the address cannot be had."""
        loop = uasyncio.get_event_loop()  # which takes generators for tasks from now on
        options = {"ssl": ssl, "ssl_handshake_timeout": self.head_timeout} if ssl else {}
        self.ssl = ssl
        self.listener = await loop.create_server(lambda: server.Stream(self), host, int(port), **options)

    def recover(self, conn, e, asked=False):
        """Return what answers an exception, as a handler's result; raise what none can."""
        if isinstance(e, asyncio.CancelledError) and conn.deadline >= 0 and (not COUNTED or conn.task.cancelling()):
            raise e
        return super().recover(conn, e, asked)

    def run(self, host="127.0.0.1", port=8081, *args, **kwargs):
        """Serve until Ctrl-C; nobody who lets out what ends it is shown a traceback of asyncio's."""
        try:
            super().run(host, port, *args, **kwargs)
        except KeyboardInterrupt as e:
            say_instead(e, "")
            raise
        except OSError as e:
            if e.errno == errno.EADDRINUSE and "picoweb.host.cli" not in sys.modules:  # which says what to type
                say_instead(e, "picoweb: %s:%s is in use by another program; run(port=8082) takes another port\n" % (host, port))
            raise

    def __call__(self, scope, receive, *send):
        """Answer as an ASGI 3 application, or, called with (environ, start_response), as one of WSGI."""
        return self.asgi(scope, receive, *send) if send else self.wsgi(scope, receive)

    async def asgi(self, scope, receive, send):
        """Answer as an ASGI 3 application."""
        if scope["type"] == "http" and self.inited:
            await HTTPConnection(self, scope, receive, send).serve()
        else:
            await asgi_app.serve(self, scope, receive, send)

    @functools.cached_property
    def wsgi(self):
        """The app as a WSGI application (PEP 3333)."""
        from .wsgi_app import Application

        return Application(self)


def say_instead(e, text):
    """Have an exception that ends the program told by a text, not by its traceback."""
    others = sys.excepthook

    def told(kind, error, trace):
        if error is e:
            sys.stderr.write(text)
        else:
            others(kind, error, trace)

    sys.excepthook = told
