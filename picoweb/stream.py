"""A client's connection: bounded reads, one send per answer."""
try:
    import asyncio.core
except ImportError:
    from .runtime import asyncio  # CPython, Pycopy
import ure

coroutine = getattr(asyncio, "coroutine", lambda f: f)  # to await or to iterate
BLOCK = 1024  # bytes of a read, and of what waits to be sent
HTML = "text/html; charset=utf-8"
ANSWER = b"HTTP/1.1 200 OK\r\n%sContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
# A header line with a bad name, of a body, to close the connection, or a bad host.
ODD = ure.compile(
    b"[a-z-]*([^a-z:-]|$)|:|exp|con(n.*[,s]|tent)|tr|host:([^ ]|$| .*([^a-z0-9.:-]|:.*[^0-9]))"
)


def late(name):
    """A module of ours, loaded when first used."""
    return __import__("picoweb." + name, None, None, ("*",))


def is_plain(buf, at, end):
    """Whether the header lines buf[at:end] are well-formed, and of a request without a body."""
    lines = buf.count(b"\r\n", at, end)
    if b"\0" in buf or not buf.count(b"\r", at, end) == buf.count(b"\n", at, end) == lines < 65:
        return False
    hosts = 0
    while at < end:
        cr = buf.find(b"\r\n", at)
        line = buf[at:cr].lower()
        if ODD.match(line):
            return False
        hosts += line.startswith(b"host:")
        at = cr + 2
    return hosts == 1


class HTTPRequest:
    """A request: method, path, qs; when asked for, headers, reader, form, url_match."""

    def __init__(self, conn, method, target):
        self.conn = conn
        self.method = method
        self.target = target
        self.path, _, self.qs = target.partition("?")

    def __getattr__(self, name):
        return late("request").get(self, name)


class Connection:
    """A client's connection; the `resp` of its requests."""

    keep = True
    buf = b""  # read, and not yet used

    def __init__(self, app, stream):
        self.app = app
        self.stream = stream

    def __getattr__(self, name):
        return late("streaming").get(self, name)

    @coroutine
    def awrite(self, buf, off=0, sz=-1):
        """Writes str or bytes, or `sz` bytes from `off`; OSError where the peer has left."""
        if isinstance(buf, str):
            buf = buf.encode()
        if self.out is not None and sz < 0 == off and len(self.out) + len(buf) <= BLOCK:
            self.out += buf
        else:
            yield from late("streaming").write(self, buf, off, sz)


@coroutine
def start_response(writer, content_type=HTML, status="200", headers=None):
    """Status line and headers: a dict, or a block of lines that end in CRLF."""
    if writer.plain and writer.out is None and content_type == HTML and status == "200" and not headers:
        writer.out = b""
    else:
        yield from late("headers").start(writer, content_type, status, headers)


async def serve(conn):
    try:
        conn.task = asyncio.core.cur_task
        while conn.keep:
            try:
                if not await read_head(conn):
                    break
                await respond(conn)
            except (Exception, asyncio.CancelledError) as e:
                await late("errors").answer(conn, e)
    finally:
        if conn.keep is not None and conn in conn.app.connections:  # no handler keeps it
            conn.app.connections.remove(conn)
            await conn.stream.aclose()


async def read_head(conn):
    app = conn.app
    conn.req = conn.out = None
    conn.deadline = app.tick + app.idle_timeout  # 0 is none
    buf = conn.buf or await conn.stream.read(BLOCK)
    if not buf:
        return False
    end = buf.find(b"\r\n\r\n")
    if end < 0 or buf[0] < 14 or end > app.max_head:
        buf = await late("head").read_rest(conn, buf)
        end = buf.find(b"\r\n\r\n")
    conn.buf = buf[end + 4 :]
    conn.deadline = 0
    conn.status = 200
    at = buf.find(b"\r\n")
    line = buf[:at].decode().split(" ")
    # Clients repeat themselves.
    conn.fields = app.fields if buf.startswith(app.fields, at) else buf[at : end + 4]
    conn.plain = buf.startswith(b"GET /") and line[2:] == ["HTTP/1.1"] and (
        " " < min(line[1]) and max(line[1]) < "\x7f" and (conn.fields is app.fields or is_plain(buf, at + 2, end + 2))
    )
    if conn.plain:
        app.fields = conn.fields
    else:
        line = late("head").check_head(conn, line)
    conn.req = HTTPRequest(conn, *line[:2])
    return True


async def respond(conn):
    app = conn.app
    req = conn.req
    result = app.find(req)(req, conn)
    if hasattr(result, "send"):
        try:
            pause = result.send(None)
        except StopIteration as e:
            result = e.value
        else:
            result = await late("streaming").drive(conn, result, pause)
    if isinstance(result, str) and conn.plain and conn.out is None:
        conn.out = result.encode()
    elif result is not None:
        await late("results").send(conn, result)
    if conn.out is not None:
        conn.stream.write(ANSWER % (app.date, len(conn.out), conn.out))
    if conn.out is None or conn.stream.out_buf:
        await conn.finish()
    if app.log:
        app.log.info("%s %s %s", req.method, req.target, conn.status)


def listen(host, port):
    import socket

    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo(host, port)[0][-1])
    s.listen(8)
    s.setblocking(False)
    return s


@coroutine
def accept(app, host, port):
    while True:
        peer = None
        try:
            yield asyncio.core._io_queue.queue_read(app.listener)
            peer = app.listener.accept()[0]
            peer.setblocking(False)
            asyncio.create_task(app._handle(peer, asyncio.StreamReader(peer)))
        except Exception as e:
            yield from late("listener").accept_failed(app, host, port, peer, e)
