"""A picoweb app as a WSGI application (PEP 3333), under gunicorn, waitress and others.

All handlers run on one event loop, in a thread of its own in each process: as on a board, none runs beside another.
A thread of the server waits for the response of its request, and reads the body for the handler.
"""

import asyncio
import os
import threading
from queue import SimpleQueue
from urllib.parse import quote

from picoweb.http import TOKEN, coroutine

from .gateway import TARGET_SAFE, Connection, prepare
from .request import Request


class Application:
    """What a WSGI server calls: `app.wsgi`."""

    def __init__(self, app):
        self.app = app
        self.lock = threading.Lock()
        self.loop = None
        self.process = None

    def __call__(self, environ, start_response):
        try:
            conn = WSGIConnection(self.app, environ)
        except ValueError as e:
            return refuse(e, start_response)
        return Response(conn, self.running_loop()).start(start_response)

    def running_loop(self):
        """Return this process's loop: a server may have forked since the app was loaded."""
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


def method(environ):
    name = environ.get("REQUEST_METHOD")
    if not name or not name.isascii() or name.strip(TOKEN):
        raise ValueError("a malformed REQUEST_METHOD: %r" % name)
    return name


def path(environ):
    try:
        return quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=TARGET_SAFE) or "/"
    except UnicodeError:
        raise ValueError("a PATH_INFO that is not Latin-1 (PEP 3333)") from None


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


class WSGIConnection(Connection):
    """The connection of one environ; ValueError if that is no request.

    It hands the answer to the server's thread, and asks it for the body, by the events of a queue.
    """

    untaken = 0  # parts that the server has not sent

    def __init__(self, app, environ):
        self.app = app
        self.environ = environ
        self.pairs = list(headers(environ))
        self.query = environ.get("QUERY_STRING", "")
        self.path = path(environ)
        self.req = Request(self, method(environ), self.path)
        self.events = SimpleQueue()
        self.taken = asyncio.Event()

    async def run_here(self):
        """Answer, as a task of picoweb's own loop."""
        if not self.app.inited:
            prepare(self.app)
        await self.serve()

    @property
    def address(self):
        host = self.environ.get("REMOTE_ADDR")
        return host and (host, int(self.environ.get("REMOTE_PORT") or 0))

    async def take(self):
        """Have the server's thread read a part of the body."""
        future = self.loop.create_future()
        self.events.put((READ, future))
        try:
            return await future
        except OSError:
            self.gone = True
            raise self.lost() from None

    def open_message(self, part):
        return part, bool(part)

    @property
    def out(self):
        return self.headers is not None and (self.parts or not self.begun)

    def pump(self):
        """Hand on what waits while the handler goes on."""
        if self.out and not self.gone:
            self.begun = True
            self.untaken += 1
            self.events.put((PART, b"".join(self.parts)))
            self.parts = ()

    async def send_whole(self, body):
        self.parts = (body,)
        self.pump()

    async def conclude(self):
        await self.until_closed()

    def part_taken(self):
        """The server has sent a part."""
        self.untaken -= 1
        self.taken.set()

    async def until_taken(self):
        while self.untaken and not self.gone:
            self.taken.clear()
            await self.taken.wait()

    @coroutine
    def drain(self):
        """Let other tasks run, and wait until the server has sent all; Lost if the client has left."""
        self.pump()
        if not self.ended:
            yield from asyncio.sleep(0)
            yield from self.within(self.app.write_timeout, self.until_taken())
        if self.gone:
            raise self.lost()

    def disconnect(self):
        super().disconnect()
        self.taken.set()


class Response:
    """The iterable that the server sends: parts of the body as the handler writes them."""

    def __init__(self, conn, loop):
        self.conn = conn
        self.loop = loop
        self.input = Input(conn.environ)
        self.events = conn.events
        self.first = None
        self.has_ended = False
        self.has_sent = False
        self.answer = asyncio.run_coroutine_threadsafe(conn.run_here(), loop)
        self.answer.add_done_callback(lambda answer: self.events.put((END, answer)))

    def start(self, start_response):
        """Wait for the first part of the body, or its end, and start the response."""
        self.first = self.next_event()
        kind, value = self.first
        if kind is END and value.exception():
            raise value.exception()
        conn = self.conn
        if conn.headers is None:
            raise ConnectionResetError(32, "the client has left")
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in conn.headers]
        start_response(conn.status_line, pairs)
        return self

    def next_event(self):
        """Return the next event that is the server's."""
        while True:
            kind, value = self.events.get()
            if kind is not READ:
                return kind, value
            self.read(value)

    def read(self, future):
        try:
            done, value = future.set_result, self.input.read(PIECE)
        except Exception as e:
            done, value = future.set_exception, OSError(32, "the body cannot be read: %s" % e)
        self.loop.call_soon_threadsafe(lambda: future.done() or done(value))

    def __iter__(self):
        return self

    def __next__(self):
        if self.has_ended:
            raise StopIteration
        if self.has_sent:
            self.loop.call_soon_threadsafe(self.conn.part_taken)
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
        """The server is done; if the response is not, the client has left."""
        if not self.answer.done():
            self.loop.call_soon_threadsafe(self.conn.disconnect)


PIECE = 65536  # bytes of a body that are read at once


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
