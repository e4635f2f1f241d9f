"""One connection: bounded reads, one send per answer. Only this file knows which runtime it is on."""
import sys

if sys.implementation.name == "cpython":
    from picoweb.cpython import uasyncio as asyncio
else:
    try:
        import asyncio
    except ImportError:
        import uasyncio as asyncio

coroutine = getattr(asyncio, "coroutine", lambda f: f)  # its result can be awaited and iterated
BLOCK = 1024  # bytes of one read, and of what may wait for its send
HOST = b"0123456789.abcdefghijklmnopqrstuvwxyz-"


def is_plain(buf, at, end):
    """Whether the header lines buf[at:end] are well-formed and leave no question open (no body, kept alive)."""
    if b"\0" in buf or buf.count(b"\r", at, end) != buf.count(b"\n", at, end):
        return False
    hosts = 0
    while at < end:
        cr = buf.find(b"\r\n", at)
        colon = buf.find(b":", at, cr)
        name = buf[at:colon]
        if colon < 0 or not name.replace(b"-", b"").isalpha():
            return False
        if buf[at] in b"CHTEchte":
            name = name.lower()
            value = buf[colon + 1 : cr].strip().lower()
            if name == b"host":
                value = value.partition(b":")
                if value[0].strip(HOST) or not (value[2] or b"0").isdigit():
                    return False
                hosts += 1
            elif name == b"connection" and value != b"keep-alive":
                return False
            elif name in (b"content-length", b"transfer-encoding", b"expect"):
                return False
        at = cr + 2
    return hosts == 1


class Connection:
    """A client's connection; also the `resp` of each of its requests."""

    def __init__(self, app, stream):
        if not hasattr(stream, "write"):
            from .pycopy import Stream

            stream = Stream(stream)
        self.app = app
        self.stream = stream
        self.buf = b""  # read, and not yet used
        self.task = self.serve()
        self.waiting = app.tick  # since when for a head; None in a request
        self.deadline = app.tick + app.idle_timeout  # 0: none, -1: has passed

    def __getattr__(self, name):
        # What a short answer does not need.
        from . import streaming

        f = getattr(streaming, name)
        return lambda *args, **kwargs: f(self, *args, **kwargs)

    async def serve(self):
        """Answers request after request, until either side ends the connection."""
        app = self.app
        task = self.task
        try:
            if hasattr(asyncio, "current_task"):
                self.task = asyncio.current_task()
            while await self.read_head():
                if await app.respond(self) is False:
                    return  # the handler keeps it
                if not self.keep:
                    break
                self.waiting = app.tick
                self.deadline = app.tick + (app.head_timeout if self.buf else app.idle_timeout)
        except (Exception, asyncio.CancelledError) as e:
            from .errors import refuse

            await refuse(self, e)
        await self.aclose()

    async def read_head(self):
        """Reads the next request's head; False where the peer has left."""
        app = self.app
        self.head = self.length = None
        self.out = self.extra = b""
        self.sent = self.chunked = self.left = 0
        self.keep = True
        buf = self.buf
        while True:
            fields = app.fields
            at = buf.find(b"\r\n") + 2
            # Clients repeat themselves: what was checked last needs no second look.
            if fields and at > 2 and buf.startswith(fields, at):
                end = at + len(fields)
                break
            end = buf.find(b"\r\n\r\n") + 4
            if at > 2 and end > 3:
                fields = None
                break
            if buf:
                from .head import check_partial

                buf = check_partial(buf, app.max_head)
            more = await self.stream.read(min(BLOCK, app.max_head + 1 - len(buf)))
            if not more:
                return False
            if not buf:
                self.deadline = app.tick + app.head_timeout
            buf += more
        self.deadline = 0
        self.waiting = None
        self.buf = buf[end:]
        line = buf[: at - 2].split(b" ")
        plain = len(line) == 3 and line[0].isalpha() and line[2] == b"HTTP/1.1" and line[1][:1] == b"/"
        if plain and min(line[1]) > 32 and 127 not in line[1] and (fields or is_plain(buf, at, end - 2)):
            self.http11 = True
            self.fields = app.fields = fields or buf[at:end]
        else:
            from .head import check_head

            line[:] = check_head(self, buf, at, end)
        self.method = line[0].decode()
        self.target = line[1].decode()
        return True

    def start(self, status="200", content_type="text/html; charset=utf-8", headers=None):
        """Starts the response; RuntimeError where there is one, ValueError for CR, LF or NUL in a header."""
        if headers or self.extra or status != "200" or self.head is not None:
            from .errors import start

            return start(self, status, content_type, headers)
        self.status = 200
        self.head = b"HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\n" % (self.app.date, content_type.encode())

    @coroutine
    def awrite(self, buf, off=0, sz=-1):
        """Writes str or bytes-like `buf`, or `sz` bytes of it from `off`; OSError where the peer has left."""
        if isinstance(buf, str):
            buf = buf.encode()
        if off or sz >= 0 or self.sent or self.length is not None or not self.head or len(self.out) + len(buf) > BLOCK:
            from .streaming import write

            yield from write(self, buf, off, sz)
        else:
            self.out += buf

    awritestr = awrite

    @coroutine
    def finish(self):
        """Ends the response."""
        if self.sent or self.length is not None or not self.head or not self.keep or not self.http11 or self.method == "HEAD":
            from .streaming import finish

            yield from finish(self)
        else:
            self.sent = 1
            self.stream.write(b"%sContent-Length: %d\r\n\r\n%s" % (self.head, len(self.out), self.out))
            if self.stream.out_buf:
                yield from self.drain()

    @coroutine
    def aclose(self):
        """Closes the connection and frees its slot."""
        if self in self.app.connections:
            self.app.connections.remove(self)
            self.keep = False
            try:
                yield from self.stream.aclose()
            except OSError:
                pass


def listen(host, port):
    """A listening socket; OSError where the address is in use."""
    import socket

    info = socket.getaddrinfo(host, port)[0]
    s = socket.socket(info[0])
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(info[-1])
    s.listen(8)
    s.setblocking(False)
    return s


@coroutine
def accept(app, s, ssl):
    """Takes clients for ever; a failure costs that client, or opens the listening socket anew."""
    while True:
        peer = None
        try:
            yield asyncio.core._io_queue.queue_read(s)
            peer, address = s.accept()
            peer.setblocking(False)
            if ssl:
                peer = ssl.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
            peer = asyncio.StreamReader(peer)
            asyncio.create_task(app._handle(peer, peer))
        except Exception as e:
            from .errors import accept_failed

            s = yield from accept_failed(app, s, peer, e)
