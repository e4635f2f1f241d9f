"""A client's connection: bounded reads, one send per answer."""
try:
    import asyncio.core
except ImportError:
    from .runtime import asyncio  # CPython, Pycopy
import ure

coroutine = getattr(asyncio, "coroutine", lambda f: f)  # to await or to iterate
BLOCK = 768  # bytes read or held back
HTML = "text/html; charset=utf-8"
ANSWER = b"HTTP/1.1 200 OK\r\n%sContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s"
# A bad name, a body, a connection to close, a bad host.
ODD = ure.compile(
    b"\n([a-z-]*[^a-z:\r-]|[a-z-]+\r|:|exp|con(n[^\r]*[,s]|tent)|tr|host:([^ ]| [^\r]*([^a-z0-9.:\r-]|:[^\r]*[^0-9\r])))"
)


def late(name):
    """A module, loaded when first used."""
    return __import__("picoweb." + name, None, None, ("*",))


def is_plain(fields):
    """Whether header fields are well-formed, and of a request without a body."""
    fields = fields.lower()
    return fields.count(b"\nhost:") == 1 and b"\0" not in fields and not ODD.search(fields) and (
        fields.count(b"\r") == fields.count(b"\n") == fields.count(b"\r\n") < 67
    )


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
        return late("response").get(self, name)

    @coroutine
    def awrite(self, buf, off=0, sz=-1):
        """Writes str or bytes, or `sz` bytes from `off`; OSError where the peer has left."""
        if isinstance(buf, str):
            buf = buf.encode()
        if self.out is not None and sz < 0 == off and len(self.out) + len(buf) <= BLOCK:
            self.out += buf
        else:
            yield from late("response").write(self, buf, off, sz)


@coroutine
def start_response(writer, content_type=HTML, status="200", headers=None):
    """Status line and headers: a dict, or a block of lines that end in CRLF."""
    if writer.plain and writer.out is None and content_type == HTML and status == "200" and not headers:
        writer.out = b""
    else:
        yield from late("headers").start(writer, content_type, status, headers)


async def read_head(conn):
    app = conn.app
    conn.req = conn.out = None
    conn.deadline = app.tick + app.idle_timeout  # 0 is none
    buf = conn.buf or await conn.stream.read(BLOCK)
    if not buf:
        return False
    end = buf.find(b"\r\n\r\n")
    if end < 0 or buf[0] < 14 or end > app.max_head:
        buf = await late("partial").read_rest(conn, buf)
        end = buf.find(b"\r\n\r\n")
    conn.buf = buf[end + 4 :]
    conn.deadline = 0
    conn.status = 200
    at = buf.find(b"\r\n")
    line = buf[:at].decode().split(" ")
    # Clients repeat themselves.
    conn.fields = app.fields if buf.startswith(app.fields, at) else buf[at : end + 4]
    conn.plain = buf.startswith(b"GET /") and line[2:] == ["HTTP/1.1"] and (
        " " < min(line[1]) and max(line[1]) < "\x7f" and (conn.fields is app.fields or is_plain(conn.fields))
    )
    if conn.plain:
        app.fields = conn.fields
    else:
        line = late("head").check_head(conn, line)
    conn.req = HTTPRequest(conn, line[0], line[1])
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
    if conn.out is None or getattr(conn.stream, "out_buf", None):
        await conn.finish()
    if app.log:
        app.log.info("%s %s %s", req.method, req.target, conn.status)
