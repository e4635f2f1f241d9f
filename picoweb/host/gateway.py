"""One request that another server has read: what the ASGI and the WSGI application share.

picoweb answers as it would answer a client of HTTP/1.0, to whom the end of the connection is the end of the body.
Here its bytes become a status, header fields and a body again; so do those of a response that is written by hand.
"""

import asyncio
import logging
from errno import EPIPE
from functools import cached_property
from json import JSONEncoder, encoder

import picoweb
from picoweb import body, faults, results, stream, streaming

MAX_HEAD = 65536  # bytes of a response's head
# What the other server says of its own connection (RFC 9110 7.6.1), and the date, which it adds.
ITS_OWN = {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"date"}
WATCH_AFTER_S = 0.05  # most handlers do not wait that long
HTML = b"content-type", stream.HTML.encode()
JSON = b"content-type", results.JSON.encode()
OCTETS = b"content-type", b"application/octet-stream"
WHOLE = {str: HTML, dict: JSON, list: JSON, bytes: OCTETS}  # what the fields of a returned value begin with
# A target's visible ASCII (RFC 9112 3.2); the decoded path of a scope or environ may have anything else.
TARGET_SAFE = "/!$&'()*+,;=:@-._~"


def json_encoder():
    """json.dumps() with its defaults, but for the objects that it makes anew for each call, where CPython allows it."""
    defaults = JSONEncoder()
    try:
        parts = encoder.c_make_encoder(
            None, defaults.default, encoder.encode_basestring_ascii, None, ": ", ", ", False, False, True
        )
        parts({}, 0)
    except TypeError:
        return defaults.encode
    return lambda value: "".join(parts(value, 0))


encode_json = json_encoder()


def prepare(app):
    """Has the app log its errors, and its generators await all that a board's can."""
    if app.log is None:
        app.log = logging.getLogger("picoweb")
    stream.asyncio.adopt(app)


class Connection(stream.Connection):
    """The connection of one request; `headers` are (name, value) in bytes, names in lower case.

    Subclasses have make_transport(), which makes `stream`, send_whole(headers, content), and `client`, an address.
    """

    http11 = False  # no chunks of ours
    out = None
    status = 200

    def __init__(self, app, method, target, headers):
        self.app = app
        self.headers = headers
        self.plain = method == "GET"
        self.req = stream.HTTPRequest(self, method, target)

    @cached_property
    def stream(self):
        return self.make_transport()

    @cached_property
    def body(self):
        for name, value in self.headers:
            if name == b"content-length" or name == b"transfer-encoding":
                return Body(self, value)
        return None

    @property
    def fields(self):
        """The header section as picoweb's own server keeps it."""
        return b"\r\n%s\r\n" % b"".join([b"%s: %s\r\n" % field for field in self.headers])

    async def answer(self):
        """Has the app answer, and hands on the response; raises what broke one off that had begun."""
        app = self.app
        req = self.req
        field = None
        try:
            if not self.plain and self.body:
                self.body.check_length()
            result = app.find(req)(req, self)
            if hasattr(result, "send"):
                try:
                    pause = result.send(None)
                except StopIteration as e:
                    result = e.value
                else:
                    result = await self.drive(result, pause)
            # What most handlers return becomes no bytes that are to be taken apart again.
            field = WHOLE.get(type(result))
            if field and self.out is self.head is None and not self.extra:
                if field is JSON:
                    result = encode_json(result)
                if field is not OCTETS:
                    result = result.encode()
            else:
                field = None
                await self.respond(result)
            faults.count(app, self.status // 100)
        except (Exception, asyncio.CancelledError) as e:
            field = None
            await self.answer_exception(e)
        finally:
            if app.debug >= 0 and app.log:  # else the server tells of requests
                # Not stream.py's line, which the recorder of picoweb.status counts: faults.count() was told.
                app.log.info("%s %s %d", req.method, req.target, self.status)
            self.req = None  # a cycle, which would wait for the garbage collector
        if field:
            headers = [field, (b"content-length", b"%d" % len(result))]
            await self.send_whole(headers, b"" if req.method == "HEAD" else result)
        else:
            await self.stream.finish()

    async def drive(self, handler, pause):
        """Runs a handler that has paused to its end."""
        self.watch()
        try:
            return await streaming.drive(self, handler, pause)
        finally:
            self.unwatch()

    async def respond(self, result):
        """As stream.respond() does with what the handler has written or returned."""
        await results.send(self, result)
        await self.finish()
        if self.keep is None and not self.closed:
            self.watch()
            self.register()
            try:
                await self.stream.until_closed()
            finally:
                self.unwatch()

    async def answer_exception(self, e):
        await faults.answer(self, e)
        cancelled = isinstance(e, asyncio.CancelledError)
        if self.stream.lost:
            if cancelled and hasattr(asyncio.Task, "uncancel"):  # since CPython 3.11
                asyncio.current_task().uncancel()
        elif cancelled or self.sent:
            raise e

    def watch(self):
        """What the handler waits for is to be ended by the clock or the client, if it takes its time."""
        self.handling = asyncio.current_task()
        self.timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self.register)

    def register(self):
        """Has the app's sweep look at this connection's deadline."""
        app = self.app
        if self not in app.connections:
            app.connections.append(self)
            app.sweeping = app.sweeping or stream.asyncio.create_task(picoweb.sweep(app))

    def unwatch(self):
        self.timer.cancel()
        if self in self.app.connections:
            self.app.connections.remove(self)


class Body(body.Reader):
    """A request's body without its framing, which the other server has taken off."""

    def __init__(self, conn, length):
        super().__init__(conn, None)
        self.length = length

    def check_length(self):
        if self.length.isdigit() and int(self.length) > self.conn.app.max_body:
            self.refuse_size()

    def refuse_size(self):
        self.refuse("a body over %d bytes" % self.conn.app.max_body, 413)

    @stream.coroutine
    def advance(self):
        conn = self.conn
        if not conn.buf and not self.ended:
            conn.buf = yield from self.receive()
            self.ended = not conn.buf
            self.total += len(conn.buf)
            if self.total > conn.app.max_body:
                self.refuse_size()
        self.left = len(conn.buf)

    @stream.coroutine
    def drain(self):
        """What the handler left is the other server's to skip."""
        return
        yield


class Transport:
    """Takes the bytes of one response apart; subclasses hand its status, headers and parts on."""

    s = None
    status = 0
    lost = False  # the client has left
    is_closed = False
    closing = None
    chunks = None
    may_close = False  # the connection of the client

    def __init__(self, conn):
        self.conn = conn
        self.head = b""
        self.headers = []
        self.parts = []

    def write(self, data):
        if self.lost or self.is_closed:
            raise OSError(EPIPE, "the client has left")
        data = bytes(data)
        if not self.status:
            data = self.take_head(data)
        if self.chunks:
            data = self.chunks.decode(data)
        if data:
            self.parts.append(data)

    def take_head(self, data):
        """Reads the response's head; answers what came after it."""
        self.head += data
        head, end, data = self.head.partition(b"\r\n\r\n")
        if not end:
            if len(head) > MAX_HEAD:
                raise ValueError("the head of the response is over %d bytes" % MAX_HEAD)
            return b""
        length = close = None
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            value = value.strip()
            if name not in ITS_OWN:
                self.headers.append((name, value))
            if name == b"content-length":
                length = value
            elif name == b"connection":
                close = value == b"close"
            elif name == b"transfer-encoding":
                self.chunks = Chunks(head)
        # Without a length it says no more than where the body ends.
        if close and length and self.may_close:
            self.headers.append((b"connection", b"close"))
        self.status = int(head[9:12])
        return data

    def leave(self):
        """The client has left."""
        self.lost = True
        self.conn.broken = True
        if self.closing:
            self.closing.set()

    async def until_closed(self):
        """Waits for aclose() of a connection that the handler keeps, or for the client to leave."""
        self.closing = asyncio.Event()
        if not self.is_closed and not self.lost:
            await self.closing.wait()

    async def aclose(self):
        self.is_closed = True
        if self.closing:
            self.closing.set()

    def get_extra_info(self, name, default=None):
        """The client's address is "peername", as of asyncio's streams."""
        return self.conn.client or default if name == "peername" else default

    def check_whole(self):
        """RuntimeError where the response has no whole head."""
        if not self.status:
            raise RuntimeError("a response without a whole head: %r" % self.head[:100])


class Chunks:
    """The chunks of a body that a handler wrote by hand."""

    def __init__(self, head):
        import h11  # of the extra picoweb[asgi]

        self.events = h11.Connection(h11.CLIENT)
        self.events.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
        self.events.receive_data(head + b"\r\n\r\n")
        self.of_content = h11.Response, h11.Data

    def decode(self, data):
        """The content of the chunks in `data`; a chunk may come in several pieces."""
        if data:
            self.events.receive_data(data)
        parts = []
        while isinstance(event := self.events.next_event(), self.of_content):
            parts.append(bytes(getattr(event, "data", b"")))
        return b"".join(parts)
