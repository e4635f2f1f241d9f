"""One request that another server has read: what the ASGI and the WSGI application share.

The core finds the handler, runs it and answers; here the head of the answer stays fields, and its body pieces, as the
other server wants them. Only an answer that a handler writes by hand is taken apart.
"""

import asyncio
import logging
from json import JSONEncoder, encoder

import picoweb
from picoweb import http
from picoweb.http import CLOSING, HTTPException, Lost, coroutine

from .request import Request, lazy
from .server import HostConnection
from .shim import uasyncio

MAX_HEAD = 65536  # bytes of a head that is written by hand
# What the other server says of its own connection (RFC 9110 7.6.1), and the date, which it adds.
ITS_OWN = (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"date")
CORE = picoweb.WebApp  # as on a board
WATCH_AFTER_S = 0.05  # most handlers do not wait that long
CLOSE = -2  # the framing of a body without a length, as in picoweb.http
NO_BODY = 204, 205, 304  # RFC 9110 6.4.1
HTML = b"content-type", http.HTML.encode()
JSON = b"content-type", b"application/json"
OCTETS = b"content-type", b"application/octet-stream"
WHOLE = {str: HTML, dict: JSON, list: JSON, bytes: OCTETS}  # the content type of what handlers return most
# A target's visible ASCII (RFC 9112 3.2); the decoded path of a scope or environ may have anything else.
TARGET_SAFE = "/!$&'()*+,;=:@-._~"


def json_encoder():
    """Return json.dumps() with its defaults, but for the objects that it makes anew for each call, where CPython can."""
    defaults = JSONEncoder(allow_nan=False)
    try:
        parts = encoder.c_make_encoder(
            None, defaults.default, encoder.encode_basestring_ascii, None, ": ", ", ", False, False, False
        )
        parts({}, 0)
    except TypeError:
        return defaults.encode
    return lambda value: "".join(parts(value, 0))


encode_json = json_encoder()


def prepare(app):
    """Have the app ready for its first request, and log its errors."""
    if app.log is None:
        app.log = Log()
    app.prepare()


def has_no_say(app):
    """Return whether an app leaves the answers to exceptions to the core."""
    kind = type(app)
    own = app.__dict__
    return kind.explain is CORE.explain and kind.handle_exc is CORE.handle_exc and "explain" not in own and "handle_exc" not in own


class Log:
    """Python's logger "picoweb", told only of what went wrong: the other server tells of requests."""

    def __init__(self):
        log = logging.getLogger("picoweb")
        self.warning = log.warning
        self.error = log.error

    def info(self, line):
        pass

    debug = info


class Begun:
    """A coroutine or generator that has paused, to be awaited or run to its end: its first step gives the pause."""

    def __init__(self, handler, pause):
        self.handler = handler
        self.pause = pause
        self.step = self.first
        self.throw = handler.throw
        self.close = handler.close

    def __await__(self):
        return self

    def __next__(self):
        return self.step(None)

    def send(self, value):
        return self.step(value)

    def first(self, value):
        self.step = self.handler.send
        return self.pause


class Connection(HostConnection):
    """The connection of one request; subclasses have `pairs`, its header fields in bytes, and hand on what is put.

    They have receive_part(), which returns (part of the body, whether more comes), send_whole(body), and pump(), which
    has what `headers` and `parts` hold leave while the handler goes on, and with `ended` the end.
    """

    http11 = False  # no chunks of ours
    total = 0  # the body is taken as chunks: each is what came in one piece
    gone = False  # the client has left
    timer = None  # until the clock and the client are watched
    headers = None  # of the answer, once they are known
    status_line = "200 OK"  # without the version
    begun = False  # the head was handed on
    may_close = False  # the client's connection
    kept = False  # the handler has ended, and other tasks write
    by_hand = b""  # the head of an answer that a handler writes by hand, until it is whole
    chunks = None
    parts = ()  # of the answer's body, to be handed on
    ended = False  # all has been put

    @lazy
    def body_type(self):
        """The Content-Type of the request's body, in lower case."""
        return ", ".join([value.decode("latin-1").lower() for name, value in self.pairs if name == b"content-type"])

    @lazy
    def head(self):
        """The header section as picoweb's own server keeps it."""
        return b" HTTP/1.1\r\n%s\r\n" % b"".join([b"%s: %s\r\n" % pair for pair in self.pairs])

    # The request, from find() to the last byte

    async def serve(self):
        """Have the app answer; raise what broke an answer off."""
        answering = self.respond()
        try:
            try:
                pause = answering.send(None)
            except StopIteration:  # most handlers do not wait
                return
            self.watch()
            await Begun(answering, pause)
        finally:
            self.closed = True
            if self.timer:
                self.unwatch()
            if self.app.connections:  # what took the connection over, and may not know that it has ended
                self.start_sweep()

    async def respond(self):
        app = self.app
        req = self.req
        try:
            if app.max_body is not None:
                self.limit(self.length(), app.max_body)
            result = app.find(req)(req, self)
            if hasattr(result, "send"):
                try:
                    pause = result.send(None)
                except StopIteration as e:
                    result = e.value
                else:
                    result = await self.run(Begun(result, pause))
            await self.answer(result)
        except (Exception, asyncio.CancelledError) as e:
            await self.fail(e)
        if self.headers is None or self.begun or self.keep is None:
            await self.conclude()
            if self.headers is None and self.by_hand and not self.gone:
                raise RuntimeError("a response without a whole head: %r" % self.by_hand[:100])

    async def fail(self, e):
        """Answer an exception; raise it where no whole answer can be had."""
        if self.gone:
            return self.app.tell("debug", "the client has left: %r", e)
        app = self.app
        if not app.sweeping:  # which would tell of refusals once a second
            app.refusals = 0
        try:
            if isinstance(e, HTTPException) and not self.status and self.keep and has_no_say(app) and has_no_say(self.req.app):
                try:
                    self.explain(e)
                except Exception as failure:
                    self.reset()
                    await app.fail(self, failure)
                else:
                    await self.answer(None)
            else:
                await app.fail(self, e)
        except Lost:
            if self.gone:
                return
        if self.req and self.keep is not None:  # the answer has not come to its end
            raise e

    def explain(self, e):
        """Begin the answer to an HTTPException as recover() and explain() of the core do, which no app has changed."""
        self.why = e.message
        if e.status in CLOSING:
            self.keep = False
        self.start("text/plain; charset=utf-8", e.status, e.headers)
        self.body = self.fields[9:-2] + b"\n" + (e.message and e.message + "\n").encode()

    def has_body(self):
        """Return whether the request says that it has a body."""
        for name, _ in self.pairs:
            if name == b"content-length" or name == b"transfer-encoding":
                return True
        return False

    def length(self):
        """Return what the request's Content-Length says, 0 without one."""
        for name, value in self.pairs:
            if name == b"content-length" and value.isdigit():
                return int(value)
        return 0

    # The body

    async def next_part(self):
        """Return the next part of the body, which may be empty; with the last one `total` becomes None."""
        app = self.app
        if self.total == 0 and not self.has_body():
            self.total = None
            return b""
        if self.gone:
            raise self.lost()
        self.deadline = app.tick + 1 + app.body_timeout
        try:
            message = await self.take()
        except asyncio.CancelledError:
            self.be_late(False)
            raise
        finally:
            self.deadline = 0
        part, more = self.open_message(message)
        self.total += len(part)
        if app.max_body is not None:
            self.limit(self.total, app.max_body)
        if not more:
            self.total = None
        return part

    async def advance(self):
        """Have the body's next bytes in `buf`; at its end `left` is 0."""
        while not self.buf and self.total is not None:
            self.buf = await self.next_part()
        self.left = len(self.buf)

    def read(self, n=-1):
        """Read at most `n` bytes of the body, all of it for -1 (Refusal 413 over max_read); b"" at its end."""
        return self.read_whole() if n < 0 else super().read(n)

    async def read_whole(self):
        """Read all of the body; Refusal 413 over max_read."""
        data = self.buf
        self.unread(b"")
        while self.total is not None:
            part = await self.next_part()
            data = data + part if data else part
            self.limit(len(data), self.app.max_read)
        self.limit(len(data), self.app.max_read)
        return data

    def unread(self, data):
        """Have this read next."""
        self.buf = data
        self.left = len(data)

    def be_late(self, writing):
        """Raise what ends a wait whose time is over, nothing if it was cancelled otherwise."""
        if self.deadline < 0 and not self.gone:
            self.app.count("timed_out")
            lost = self.lost()
            if writing:
                raise lost from None
            http.refuse("too slow", 408)

    async def within(self, seconds, awaitable):
        """Await that the client takes something, at most `seconds`."""
        self.deadline = self.app.tick + 1 + seconds
        try:
            return await awaitable
        except asyncio.CancelledError:
            self.be_late(True)
            raise
        finally:
            self.deadline = 0

    @coroutine
    def skip(self, lost=False):
        """What the handler left is the other server's to read."""
        self.total = None
        return
        yield

    # The answer

    async def answer(self, result):
        """Answer with a handler's result, in one step if all of it is known."""
        body = self.whole(result)
        if body is None:
            return await super().answer(result)
        app = self.app
        self.deadline = app.tick + 1 + app.write_timeout
        try:
            await self.send_whole(body)
        except asyncio.CancelledError:
            self.be_late(True)
            raise
        finally:
            self.deadline = 0
        app.note(self)
        for hook in self.ends:
            hook(self)
        self.req = None

    def whole(self, result):
        """Return the body of an answer and have its `headers` ready; None if they are not all of it, or are wrong."""
        if self.keep is None or self.closed:
            return None
        if self.fields is None:
            status, headers = 200, None
            if type(result) is tuple and 1 < len(result) < 4:
                result, status, headers = result if len(result) == 3 else (*result, None)
            kind = WHOLE.get(type(result))
            if kind is None:
                return None
            body = encode_json(result) if kind is JSON else result
            if kind is not OCTETS:
                body = body.encode()
            if status == 200 and headers is self.type is self.framing is None and not (self.extra or self.hooks):
                # What most of them return becomes nothing that is to be taken apart again.
                self.status = 200
                self.fields = False
                self.headers = [kind, (b"content-length", b"%d" % len(body))]
                return b"" if self.req.method == "HEAD" else body
            self.start(kind[1].decode(), status, headers)
            self.body = body
        elif self.fields is False or result is not None:
            return None
        size = len(self.body)
        if self.framing is not None and self.framing != size:
            return None
        body = bytes(self.body)
        self.lead(size)
        return b"" if self.mute else body

    def lead(self, size):
        """Keep the head as fields for the other server, and decide the framing."""
        for hook in self.hooks:
            hook(self)
        status = self.status
        if self.framing is None:
            self.framing = CLOSE if size is None else size
        self.status_line = self.fields[9:-2].decode()
        self.fields = False
        self.mute = status in NO_BODY or status < 200 or self.req is not None and self.req.method == "HEAD"
        headers = []
        if status > 199 and status not in (204, 304):
            if self.type:
                headers.append((b"content-type", self.type.encode()))
            if self.framing >= 0:
                headers.append((b"content-length", b"%d" % (0 if status == 205 else self.framing)))
        for line in self.extra.encode().split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            headers.append((name.lower(), value))
        if self.may_close and self.keep is False and self.framing >= 0:
            headers.append((b"connection", b"close"))
        self.headers = headers
        return b""

    def send(self, last=False):
        """Put what is held back; it leaves at the latest when the handler waits."""
        if last:
            self.ended = True
        super().send(last)
        if not last and self.out:  # it may be the head alone
            self.pump()

    def put(self, data):
        """Take bytes of the answer for the other server; Lost if the client has left."""
        if self.gone:
            raise self.lost()
        if self.headers is None:
            data = self.take_head(data)
        if self.chunks:
            data = self.chunks.decode(data)
        if data:
            self.parts += (bytes(data),)
            if not self.ended:
                self.pump()

    def take_head(self, data):
        """Read the head of an answer that is written by hand; return what came after it."""
        self.by_hand += data
        head, end, data = self.by_hand.partition(b"\r\n\r\n")
        if not end:
            if len(head) > MAX_HEAD:
                raise ValueError("the head of the response is over %d bytes" % MAX_HEAD)
            return b""
        headers = []
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            name = name.lower()
            if name not in ITS_OWN:
                headers.append((name, value.strip()))
            elif name == b"transfer-encoding":
                self.chunks = Chunks(head)
        self.status_line = head[9:].partition(b"\r\n")[0].decode("latin-1")
        self.status = int(head[9:12])
        self.headers = headers
        return data

    # What happens beside the handler

    @property
    def loop(self):
        return asyncio.get_running_loop()

    def watch(self):
        """What the handler waits for is to be ended by the clock or the client, if it takes its time."""
        self.task = asyncio.current_task()
        self.timer = self.loop.call_later(WATCH_AFTER_S, self.register)

    def register(self):
        """Have the app's sweep look at this connection's deadline."""
        connections = self.app.connections
        if not any(getattr(kept, "conn", None) is self for kept in connections):  # which looks at it
            connections.append(self)
        self.start_sweep()

    def start_sweep(self):
        app = self.app
        if not app.sweeping:
            app.sweeping = uasyncio.create_task(picoweb.sweep(app))

    def unwatch(self):
        self.timer.cancel()
        if self in self.app.connections:
            self.app.connections.remove(self)

    def disconnect(self):
        """The client has left: the handler ends."""
        if not self.gone:
            self.gone = True
            if self.kept:
                self.closing.set()
            elif self.task and not self.closed:
                self.expire()

    @lazy
    def closing(self):
        return asyncio.Event()

    async def until_closed(self):
        """Wait for the end of a connection that the handler has kept."""
        if self.keep is None:
            self.kept = True
            if not self.gone and not self.closed:
                await self.closing.wait()

    # A stream for what has taken the connection over, and looks whether the client is there

    credit = began = 0

    @property
    def stream(self):
        return self

    @property
    def host(self):
        return (self.address or ("",))[0]

    def readinto(self, buf):
        """Return None while the client is there, 0 when it has left."""
        return 0 if self.gone else None

    def close(self):
        """End the connection: its answer is whole."""
        self.closed = True
        self.closing.set()


class Chunks:
    """The chunks of a body that a handler wrote by hand."""

    def __init__(self, head):
        import h11  # of the extra picoweb[asgi]

        self.events = h11.Connection(h11.CLIENT)
        self.events.send(h11.Request(method="GET", target="/", headers=[("Host", "localhost")]))
        self.events.receive_data(head + b"\r\n\r\n")
        self.of_content = h11.Response, h11.Data

    def decode(self, data):
        """Return the content of the chunks in `data`; a chunk may come in several pieces."""
        if data:
            self.events.receive_data(data)
        parts = []
        while isinstance(event := self.events.next_event(), self.of_content):
            parts.append(bytes(getattr(event, "data", b"")))
        return b"".join(parts)
