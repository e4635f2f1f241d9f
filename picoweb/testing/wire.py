"""A connection in memory: what the app reads and writes as a stream, and the client's end, which reads its answer."""
import utime

import picoweb
from ..http import Connection as CoreConnection
from ..http import asyncio
from .request import to_bytes

EPIPE = 32
WINDOW = 4096  # bytes that one end may be ahead of the other
LEAVE_MS = 500  # that a handler has to notice that its client has left
TURNS = 20  # of the loop, beyond the time: a busy machine may have used that for others
BODYLESS = (204, 304)  # RFC 9110 6.4.1


class Connection:
    """A client's connection to an app, which serves it in a task; no wait is longer than allowed."""

    task = None
    failure = None  # what the app's task let out
    served = False  # the app's task has ended
    buf = b""  # read, and not used
    status = 0
    left = 0  # bytes of the body or of the chunk, None for up to the end
    chunked = in_chunks = False
    begun = ended = False  # the answer
    upgraded = False  # to WebSocket, which may have a task of its own
    late = False  # the app's task did not end in time

    def __init__(self, client, name, pieces):
        self.client = client
        self.name = name
        self.changed = Change()
        self.stream = End(self.changed, pieces)
        self.server = End(self.changed)
        self.stream.peer = self.server
        self.server.peer = self.stream

    def start(self):
        app = self.client.app
        self.allow()
        self.task = asyncio.create_task(self.serve(app))
        if hasattr(self.task, "get_loop"):
            self.server.loop = self.task.get_loop()
            forget_lost(app, self.server.loop)

    async def serve(self, app):
        try:
            if not self.client.prepared:
                self.client.prepared = True
                await prepare(app)
            await app._handle(AppConnection(app, self.server))
        except Exception as e:
            self.failure = e
            self.server.close()
        finally:
            self.served = True
            self.changed.tell()

    def allow(self, ms=None):
        """From now on waits last `ms` milliseconds together, else what the client has for a timeout."""
        if ms is None and self.client.timeout is not None:
            ms = int(self.client.timeout * 1000)
        self.turns = TURNS
        self.deadline = None if ms is None else utime.ticks_add(utime.ticks_ms(), ms)

    async def until(self, ready):
        """Waits for ready(); asyncio.TimeoutError where it takes too long."""
        while not ready():
            if self.deadline is None:
                await self.changed.wait()
                continue
            left = utime.ticks_diff(self.deadline, utime.ticks_ms())
            if left <= 0:
                if not self.turns:
                    raise asyncio.TimeoutError
                self.turns -= 1
            try:
                await asyncio.wait_for_ms(self.changed.wait(), max(0, left))
            except asyncio.TimeoutError:
                await asyncio.sleep_ms(0)

    async def close(self, patient):
        """Closes, and waits for the end of the app's task; what has not ended then is cancelled."""
        self.stream.close()
        if not self.task:
            return
        for ms in (None if patient else LEAVE_MS, LEAVE_MS):
            self.allow(ms)
            try:
                return await self.until(self.is_over)
            except asyncio.TimeoutError:
                self.late = patient
                self.cancel()

    def is_over(self):
        """Whether the app is done with the connection."""
        return self.served and (self.server.closed or not self.upgraded)

    def cancel(self):
        """Cancel the app's task, or that of the WebSocket which took the connection's place."""
        for conn in list(self.client.app.connections):
            if stream_of(conn) is self.server:
                conn.deadline = -1
                conn.task.cancel()

    def check(self):
        """Raises what went wrong on the app's side."""
        if self.failure:
            raise self.failure
        if self.late:
            what = "the close" if self.upgraded else "its answer"
            why = "%s: the handler goes on for over %s s after %s" % (self.name, self.client.timeout, what)
            raise asyncio.TimeoutError(why)

    def fail(self, why, kind=ValueError):
        self.check()
        raise kind("%s: %s" % (self.name, why))

    async def fill(self):
        """Has more in the buffer; b"" at the end of the connection."""
        try:
            await self.until(self.server.has_more)
        except asyncio.TimeoutError:
            what = "message" if self.upgraded else "end of the answer" if self.begun else "answer"
            self.fail("no %s in %s s" % (what, self.client.timeout), asyncio.TimeoutError)
        data = self.server.take(WINDOW)
        self.buf += data
        self.begun = self.begun or data
        return data

    async def must_fill(self):
        if not await self.fill():
            self.fail("the app closed the connection %s its answer" % ("within" if self.begun else "without"), EOFError)

    def take(self, n):
        data = self.buf[:n]
        self.buf = self.buf[n:]
        return data

    async def line(self):
        """A line of a head or of the chunked framing."""
        while b"\r\n" not in self.buf:
            await self.must_fill()
        line, _, self.buf = self.buf.partition(b"\r\n")
        try:
            return line.decode()
        except UnicodeError:
            return "".join([chr(c) for c in line])

    def number(self, text, base=10):
        try:
            n = int(text, base)
        except ValueError:
            n = -1
        if n < 0:
            self.fail("a malformed length: %r" % text)
        return n

    async def head(self, method):
        """(status, reason, headers) of the answer to such a request."""
        while self.status < 200 and self.status != 101:
            line = await self.line()
            version, _, rest = line.partition(" ")
            code, _, reason = rest.partition(" ")
            if version not in ("HTTP/1.0", "HTTP/1.1") or len(code) != 3 or not code.isdigit():
                self.fail("a malformed status line: %r" % line)
            self.status = int(code)
            headers = await self.fields()
        self.chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        length = headers.get("Content-Length")
        if not self.chunked:
            self.left = None if length is None else self.number(length)
        self.ended = method == "HEAD" or self.status in BODYLESS or self.left == 0 and not self.chunked
        return self.status, reason, headers

    async def fields(self):
        headers = Headers()
        while True:
            line = await self.line()
            if not line:
                return headers
            name, colon, value = line.partition(":")
            if not colon:
                self.fail("a malformed header: %r" % line)
            headers.pairs.append((name, value.strip()))

    async def part(self, n):
        """At most `n` bytes of the body as they come; None at its end."""
        if self.chunked and not self.left and not self.ended:
            await self.next_chunk()
        if self.ended:
            return None
        if not self.buf:
            if self.left is not None:
                await self.must_fill()
            elif not await self.fill():
                self.ended = True
                return None
        part = self.take(n if self.left is None else min(n, self.left))
        if self.left is not None:
            self.left -= len(part)
            self.ended = not self.left and not self.chunked
        return part

    async def next_chunk(self):
        if self.in_chunks and await self.line():
            self.fail("no CRLF after a chunk")
        self.in_chunks = True
        self.left = self.number((await self.line()).partition(";")[0], 16)
        if not self.left:
            self.ended = True
            while await self.line():  # trailers
                pass


class Headers:
    """Header fields by name in whatever case; a repeated one's values are joined."""

    def __init__(self):
        self.pairs = []

    def get_all(self, name):
        """The values of a field, a list."""
        return [value for key, value in self.pairs if key.lower() == name.lower()]

    def get(self, name, default=None):
        """The value of a field."""
        return ", ".join(self.get_all(name)) if name in self else default

    def items(self):
        """All fields as (name, value)."""
        return list(self.pairs)

    def __contains__(self, name):
        return bool(self.get_all(name))

    def __getitem__(self, name):
        if name not in self:
            raise KeyError(name)
        return self.get(name)

    def __repr__(self):
        return repr(self.pairs)


class AppConnection(picoweb.WebApp.connection):
    """The app's end of a connection: the core's Connection, on a stream in memory."""

    hold = CoreConnection.hold  # as on a board

    def __init__(self, app, stream):
        CoreConnection.__init__(self, app, stream, stream, ("127.0.0.1", 0))

    def ready(self, writing):
        """Have the loop wake this task when the other end has changed, or at its next turn; return what to yield."""
        self.waiting = iter(asyncio.sleep_ms(0) if self.stream.is_ready(writing) else self.stream.changed.wait())
        return next(self.waiting)  # which is kept: CPython's Event forgets who waits in what is dropped


class End:
    """One end of a connection in memory: a stream that neither blocks nor waits; its peer reads what it writes."""

    closed = False
    ended = False  # it writes no more

    def __init__(self, changed, source=()):
        self.changed = changed  # either end
        self.source = iter(source)  # pieces that it writes when they are wanted
        self.buf = b""  # written, and not read by the peer

    def has_more(self):
        """Return whether there is something for the peer to read, or the end."""
        while not self.buf and self.source:
            try:
                self.buf = to_bytes(next(self.source))
            except StopIteration:
                self.source = None
        return self.buf or self.ended

    def take(self, n):
        data = self.buf[:n]
        self.buf = self.buf[n:]
        self.changed.tell()
        return data

    def is_ready(self, writing):
        """Return whether a call would do something: move bytes, tell the end, fail."""
        if self.closed:
            return True
        return len(self.buf) < WINDOW or self.peer.closed if writing else self.peer.has_more()

    def readinto(self, buf):
        """Move what the peer has written to `buf`; return the number of bytes, None if it is to come, 0 at the end."""
        if self.closed:
            return 0
        if not self.peer.has_more():
            return None
        data = self.peer.take(len(buf))
        buf[: len(data)] = data
        return len(data)

    def write(self, data):
        """Take bytes; return their number, None if the peer has to read first. OSError if an end is closed."""
        if self.closed or self.peer.closed:
            raise OSError(EPIPE)
        if len(self.buf) >= WINDOW:
            return None
        self.buf += to_bytes(data)
        self.changed.tell()
        return len(data)

    def close(self):
        self.closed = self.ended = True
        self.changed.tell()


class Change:
    """Wakes all that wait for something to change."""

    def __init__(self):
        self.event = asyncio.Event()

    def tell(self):
        self.event.set()
        self.event = asyncio.Event()

    def wait(self):
        return self.event.wait()


class Log:
    """Prints what went wrong, for an app that has no log of its own: pytest shows it with the test that failed."""

    def error(self, line):
        print("picoweb:", line)

    warning = error

    def info(self, line):
        pass

    debug = info


async def prepare(app):
    """Do what run() does before the first request."""
    if not app.log:
        app.log = Log()
    app.prepare()
    for function in app.starts:
        result = function()
        if hasattr(result, "send"):
            await result


def stream_of(conn):
    """Return the stream of what stands in app.connections: a Connection, or what took its place."""
    return conn.stream if hasattr(conn, "stream") else conn.conn.stream


def forget_lost(app, loop):
    """Drop what went with another loop: on CPython each asyncio.run() has its own."""
    if app.sweeping and app.sweeping.get_loop() is not loop:
        app.sweeping = None
    for conn in list(app.connections):
        if getattr(stream_of(conn), "loop", loop) is not loop:
            app.connections.remove(conn)
