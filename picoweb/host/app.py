"""The WebApp of CPython: with a server of its own, and an application for servers of ASGI and WSGI."""

import asyncio
import functools

import picoweb
from picoweb.http import CLOSING, Refusal
from picoweb.utils import unquote

from . import asgi_app, features, server
from .asgi_app import HTTPConnection
from .gateway import Log
from .router import Router
from .shim import uasyncio
from .shim.generators import adopt

features.install(picoweb.WebApp, picoweb.Connection, picoweb.HTTPRequest)

# CPython 3.11 tells whether it was the task that was cancelled, and not something that it has awaited.
COUNTED = hasattr(asyncio.Task, "cancelling")


class WebApp(picoweb.WebApp):
    """An app on CPython: what `uvicorn app:app` calls; `app.wsgi` is for servers of WSGI."""

    connection = server.Connection
    router = Router(())

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

    async def __call__(self, scope, receive, send):
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
