"""A connection in memory: what the app reads and writes as a stream, and the client's end, which reads its answer."""
import utime

import picoweb.mounts as mounts
from ..faults import cancel
from ..stream import asyncio, coroutine
from .request import to_bytes

EPIPE = 32
ECONNRESET = 104
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
        if not self.client.prepared:
            self.client.prepared = True
            prepare(app)
        self.allow()
        self.task = asyncio.create_task(self.serve(app))
        if hasattr(self.task, "get_loop"):
            self.server.loop = self.task.get_loop()
            forget_lost(app, self.server.loop)

    async def serve(self, app):
        try:
            await app._handle(self.server, self.server)
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
            try:
                await asyncio.wait_for_ms(self.changed.wait(), max(0, left))
            except asyncio.TimeoutError:
                if not self.turns:
                    raise
                self.turns -= 1
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
        """Cancels the app's task, or that of the WebSocket which took the connection's place."""
        taken = [conn for conn in self.client.app.connections if conn.stream is self.server]
        for conn in taken if self.served else [self]:
            cancel(conn)

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


class End:
    """One end of a connection in memory, with what the app uses of asyncio's streams; its peer reads what it writes."""

    s = None  # a socket
    closed = False
    ended = False  # it writes no more

    def __init__(self, changed, source=()):
        self.changed = changed  # either end
        self.source = iter(source)  # pieces that it writes when they are wanted
        self.buf = b""  # written, and not read by the peer

    def get_extra_info(self, name, default=None):
        return ("127.0.0.1", 0) if name == "peername" else default

    def has_more(self):
        """Whether there is something for the peer to read, or the end."""
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

    @coroutine
    def read(self, n):
        """At most `n` bytes that the peer has written, b"" when it has ended."""
        while not self.peer.has_more() and not self.closed:
            yield from self.changed.wait()
        return b"" if self.closed else self.peer.take(n)

    def write(self, buf):
        """Hands bytes over; OSError where an end is closed."""
        if self.closed or self.peer.closed:
            raise OSError(EPIPE)
        self.buf += to_bytes(buf)
        self.changed.tell()

    @property
    def out_buf(self):
        """More than 0 while the peer has not taken enough: the number of bytes."""
        return max(0, len(self.buf) - WINDOW)

    @coroutine
    def drain(self):
        """Waits until the peer has taken enough; OSError where it is closed."""
        while self.out_buf and not self.peer.closed:
            yield from self.changed.wait()
        if self.peer.closed:
            raise OSError(ECONNRESET)

    def close(self):
        self.closed = self.ended = True
        self.changed.tell()

    @coroutine
    def aclose(self):
        """Closes; the peer may read what was written."""
        self.close()
        return
        yield


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

    def error(self, message, *args):
        print("picoweb:", message % args if args else message)

    warning = error

    def info(self, message, *args):
        pass

    debug = info


def prepare(app):
    """What run() does before the first request."""
    if not getattr(app.log, "log", app.log):  # none, or the recorder of picoweb.status, which has none to hand on to
        app.log = Log()
    mounts.init_all(app)
    getattr(asyncio, "adopt", id)(app)  # CPython: its plain generators may await


def forget_lost(app, loop):
    """Drops what went with another loop: on CPython each asyncio.run() has its own."""
    if app.sweeping and app.sweeping.get_loop() is not loop:
        app.sweeping = None
    for conn in list(app.connections):
        if getattr(conn.stream, "loop", loop) is not loop:
            app.connections.remove(conn)
