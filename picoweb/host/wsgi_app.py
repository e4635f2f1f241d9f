"""A picoweb app as a WSGI application (PEP 3333), under gunicorn, waitress and others.

All handlers run on one event loop, in a thread of its own in each process: as on a board, none runs beside another.
A thread of the server waits for the response of its request, and reads the body for the handler.
"""

import asyncio
import os
import threading
from errno import ECONNRESET
from queue import SimpleQueue
from urllib.parse import quote

from picoweb.head import TOKEN
from picoweb.headers import reason
from picoweb.mounts import init_all

from .gateway import TARGET_SAFE, Connection, Transport, prepare


class Application:
    """`Application(app)` is what a WSGI server calls; `picoweb.host.wsgi(app)` makes one."""

    def __init__(self, app):
        self.app = app
        self.lock = threading.Lock()
        self.loop = None
        self.process = None
        prepare(app)

    def __call__(self, environ, start_response):
        try:
            conn = WSGIConnection(self.app, environ, self.running_loop())
        except ValueError as e:
            return refuse(e, start_response)
        return Response(conn, self.answer(conn)).start(start_response)

    async def answer(self, conn):
        if not self.app.inited:
            init_all(self.app)
        await conn.answer()

    def running_loop(self):
        """This process's loop: a server may have forked since the app was loaded."""
        with self.lock:
            if self.process != os.getpid():
                self.process = os.getpid()
                self.loop = asyncio.new_event_loop()
                threading.Thread(target=self.loop.run_forever, name="picoweb", daemon=True).start()
        return self.loop


def refuse(e, start_response):
    """The answer to an environ that is no request."""
    text = ("400 Bad Request\n%s\n" % e).encode()
    start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))])
    return [text]


class WSGIConnection(Connection):
    """The connection of one environ; ValueError where that is no request."""

    def __init__(self, app, environ, loop):
        super().__init__(app, method(environ), target(environ), list(headers(environ)))
        self.environ = environ
        self.loop = loop
        self.stream = WSGITransport(self)

    @property
    def client(self):
        return self.environ.get("REMOTE_ADDR"), int(self.environ.get("REMOTE_PORT") or 0)

    async def send_whole(self, headers, content):
        self.stream.status = 200
        self.stream.headers = headers
        self.stream.parts = [content]
        await self.stream.finish()


def method(environ):
    name = environ.get("REQUEST_METHOD")
    if not name or not name.isascii() or name.encode().strip(TOKEN):
        raise ValueError("a malformed REQUEST_METHOD: %r" % name)
    return name


def target(environ):
    try:
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=TARGET_SAFE) or "/"
    except UnicodeError:
        raise ValueError("a PATH_INFO that is not Latin-1 (PEP 3333)") from None
    query = environ.get("QUERY_STRING")
    return "%s?%s" % (path, query) if query else path


def headers(environ):
    """The header fields; names in lower case, with the two that have no HTTP_ before them."""
    length = environ.get("CONTENT_LENGTH")
    if length and not (length.isascii() and length.isdigit()):
        raise ValueError("a malformed CONTENT_LENGTH: %r" % length)
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[5:]
        elif key in ("CONTENT_LENGTH", "CONTENT_TYPE") and value:
            name = key
        else:
            continue
        try:
            yield name.replace("_", "-").lower().encode("latin-1"), value.encode("latin-1")
        except UnicodeError:
            raise ValueError("a %s that is not Latin-1 (PEP 3333)" % key) from None


PART, READ, END = "part", "read", "end"


class WSGITransport(Transport):
    """Hands the response to the server's thread, and asks it for the body, by the events of a queue."""

    def __init__(self, conn):
        super().__init__(conn)
        self.loop = conn.loop
        self.events = SimpleQueue()
        self.untaken = 0
        self.is_started = False
        self.taken = asyncio.Event()

    @property
    def out_buf(self):
        return self.untaken

    def write(self, data):
        super().write(data)
        if self.conn.sent:
            self.hand_on()

    def hand_on(self):
        """Has the server start the response, with the parts that are there."""
        if self.parts or self.status and not self.is_started:
            self.is_started = True
            self.untaken += 1
            self.events.put((PART, b"".join(self.parts)))
            self.parts = []

    def take(self):
        """The server has sent a part."""
        self.untaken -= 1
        self.taken.set()

    async def drain(self):
        while self.untaken and not self.lost:
            self.taken.clear()
            await self.taken.wait()
        if self.lost:
            raise OSError(ECONNRESET, "the client has left")

    async def read(self, n):
        """At most `n` bytes of the body; b"" at its end."""
        if self.conn.req is None:
            return b""  # after a refusal: to read on is the server's business
        future = self.loop.create_future()
        self.events.put((READ, (n, future)))
        try:
            return await future
        except OSError:
            self.leave()
            raise

    def leave(self):
        super().leave()
        self.taken.set()

    async def finish(self):
        if not self.lost:
            self.check_whole()
            self.hand_on()


class Response:
    """The iterable that the server sends: parts of the body as the handler writes them."""

    def __init__(self, conn, answer):
        self.transport = conn.stream
        self.loop = conn.loop
        self.input = Input(conn.environ)
        self.events = self.transport.events
        self.first = None
        self.has_ended = False
        self.has_sent = False
        self.answer = asyncio.run_coroutine_threadsafe(answer, self.loop)
        self.answer.add_done_callback(lambda answer: self.events.put((END, answer)))

    def start(self, start_response):
        """Waits for the first part of the body, or its end, and starts the response."""
        self.first = self.next_event()
        kind, value = self.first
        if kind is END and value.exception():
            raise value.exception()
        status = self.transport.status
        if not status:
            raise ConnectionResetError(ECONNRESET, "the client has left")
        start_response("%d %s" % (status, reason(status)), [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self.transport.headers
        ])
        return self

    def next_event(self):
        """The next event that is the server's."""
        while True:
            kind, value = self.events.get()
            if kind is not READ:
                return kind, value
            self.read(*value)

    def read(self, n, future):
        try:
            done, value = future.set_result, self.input.read(n)
        except Exception as e:
            done, value = future.set_exception, OSError(ECONNRESET, "the body cannot be read: %s" % e)
        self.loop.call_soon_threadsafe(lambda: future.done() or done(value))

    def __iter__(self):
        return self

    def __next__(self):
        if self.has_ended:
            raise StopIteration
        if self.has_sent:
            self.loop.call_soon_threadsafe(self.transport.take)
        kind, value = self.first or self.next_event()
        self.first = None
        if kind is END:
            self.has_ended = True
            if value.exception():
                raise value.exception()
            raise StopIteration
        self.has_sent = True
        return value

    def close(self):
        """The server is done; where the response is not, the client has left."""
        if not self.answer.done():
            self.loop.call_soon_threadsafe(self.transport.leave)
            self.answer.cancel()


class Input:
    """wsgi.input up to the end of the body, past which a server may wait for ever."""

    def __init__(self, environ):
        self.input = environ["wsgi.input"]
        self.left = int(environ.get("CONTENT_LENGTH") or 0)
        # Not in PEP 3333, but how servers tell that chunks are decoded and have an end.
        self.is_terminated = environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH")

    def read(self, n):
        """At most `n` bytes; OSError where the body is cut."""
        if self.is_terminated:
            return self.input.read(n)
        data = self.input.read(min(n, self.left)) if self.left else b""
        if self.left and not data:
            raise OSError("it is %d bytes short" % self.left)
        self.left -= len(data)
        return data
