"""The wire: a client's connection, which reads requests and writes answers (RFC 9110, RFC 9112)."""
try:
    import asyncio.core
    from utime import gmtime
    adapt = None
except ImportError:
    from .runtime import adapt, asyncio, gmtime  # CPython, Pycopy
import ujson
from micropython import const

_BLOCK = const(768)  # bytes that are read at once
HTML = "text/html; charset=utf-8"
# How the end of a body is told, if not by its length.
_CHUNKED = const(-1)
_CLOSE = const(-2)
NAME = "!$&'*+-._~%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
TOKEN = NAME + "#^`|"  # RFC 9110 5.6.2
KNOWN = "host", "connection", "content-length", "transfer-encoding", "expect"
CLOSING = 400, 408, 413, 414, 417, 431, 501, 503, 505  # after these nobody knows where the next request begins
_EPIPE = const(32)
REASONS = """
200 OK\n201 Created\n202 Accepted\n204 No Content\n206 Partial Content\n301 Moved Permanently\n302 Found\n303 See Other
304 Not Modified\n307 Temporary Redirect\n308 Permanent Redirect\n400 Bad Request\n401 Unauthorized\n403 Forbidden
404 Not Found\n405 Method Not Allowed\n408 Request Timeout\n409 Conflict\n411 Length Required\n413 Content Too Large\n414 URI Too Long
415 Unsupported Media Type\n417 Expectation Failed\n422 Unprocessable Content\n426 Upgrade Required\n429 Too Many Requests
431 Request Header Fields Too Large\n500 Internal Server Error\n501 Not Implemented\n503 Service Unavailable
505 HTTP Version Not Supported\n"""

# The module of what an app, a request or a response has when it is named: WebApp, HTTPRequest, Connection.
FEATURES = """
errors a.errorhandler
files a.sendfile
hooks a.at_start a.at_stop c.at_end c.at_head
middleware a.use
mounts a.init_mounts a.mount
client c.get_extra_info r.client=
cookies c.delete_cookie c.set_cookie r.cookies=
json_body r.json
request r.extra r.headers= r.parse_qs r.read_form_data c.read_whole c.readexactly
reader c.leave c.readinto c.readline
static_folder a.handle_static
stopping a.stop
streams c.aclose c.awriteiter
templates a._load_template a.render_str a.render_template
verbs a.delete a.get a.patch a.post a.put
websocket a.websocket
"""

coroutine = getattr(asyncio, "coroutine", lambda f: f)  # to await or to `yield from`
block = bytearray(_BLOCK)  # what some client has sent: good up to the next wait
view = memoryview(block)


def load(name):
    """Import a module of picoweb that the app has named."""
    return __import__("picoweb." + name, None, None, ("*",))


class Named:
    """What an app may name: a method that its class lacks is loaded and kept there, a value (=) by the object."""

    def __getattr__(self, name):
        key = " %s%s" % (self.kind, name)
        at = FEATURES.find(key)
        mark = FEATURES[at + len(key) : at + len(key) + 1]
        if at < 0 or mark not in "= \n":
            raise AttributeError(name)
        start = FEATURES.rfind("\n", 0, at) + 1
        feature = getattr(load(FEATURES[start : FEATURES.find(" ", start)]), name)
        if mark == "=":
            setattr(self, name, feature(self))
        else:
            setattr(type(self), name, feature)
        return getattr(self, name)


class HTTPException(Exception):
    """Raised anywhere, it is answered with `status` (int), `message` and `headers`."""

    def __init__(self, status, message="", headers=None):
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = headers


class Refusal(HTTPException):
    """An HTTPException of picoweb itself."""


class Lost(OSError):
    """The connection takes no more: its client has left or is too slow, or all of an answer to HEAD has left."""


def refuse(why, status=400):
    """Raise a Refusal; `why` names what is malformed, missing or over a limit."""
    raise Refusal(status, why)


def ready(stream, writing):
    """Have the loop wake this task when a stream can be read from or written to; return what to yield."""
    queue = asyncio.core._io_queue
    try:
        return (queue.queue_write if writing else queue.queue_read)(stream)
    except MemoryError:
        queue.remove(asyncio.core.cur_task)  # half an entry would crash the poller
        raise


def check_json(obj):
    """Raise ValueError for what has no JSON form: NaN, infinity, an object."""
    if isinstance(obj, dict):
        obj = list(obj.values())
    if isinstance(obj, (list, tuple)):
        for item in obj:
            check_json(item)
    elif obj is not None and not isinstance(obj, (str, int, bool)) and (not isinstance(obj, float) or obj - obj != 0):
        raise ValueError("no JSON form: %r" % (obj,))


def to_json(obj):
    """Return the JSON of `obj`; ValueError if it has none."""
    text = ujson.dumps(obj)
    if "<" in text or "n" in text or "N" in text:  # an object, nan, inf, NaN, Infinity; or a true value with these letters
        check_json(obj)
    return text


def check_value(text):
    """Raise ValueError for what would forge other header fields (RFC 9110 5.5)."""
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError("CR, LF or NUL in a header")


def check_host(host):
    """Refuse what is no name or address, with or without a port (RFC 9110 7.2)."""
    name, _, port = host.partition(":")
    if host[:1] == "[":
        name, closed, port = host[1:].partition("]")
        well = closed and name and not name.strip(":.0123456789abcdef") and port[:1] in ":"
        name = "" if well else " "
        port = port[1:]
    if len(host) > 255 or name.strip(NAME) or port.strip("0123456789"):
        refuse("a malformed Host")


def read_fields(head):
    """Return what a head says from the version on, as (http11, keep, body's length, expects, place of its host)."""
    found = [None] * 5
    place = 0
    at = 11
    if head.count(b"\n") > 66:
        refuse("over 64 header fields", 431)
    try:
        version = head[:at].decode()
        while True:
            end = head.find(b"\r\n", at)
            if end == at:
                break
            colon = head.find(b":", at, end)
            name = head[at:colon].decode().lower()
            if colon <= at or name.strip(TOKEN):  # a folded line begins with a space
                raise ValueError
            if name in KNOWN:
                i = KNOWN.index(name)
                value = head[colon + 1 : end].strip(b" \t").decode().lower()
                found[i] = value if found[i] is None else found[i] + "," + value
                place = place if i else colon + 1
            at = end + 2
        lines = head.count(b"\r\n")
        if head.count(b"\r") != lines or head.count(b"\n") != lines or b"\0" in head:
            raise ValueError
    except ValueError:
        refuse("a malformed header")
    digits = version[6:7] + version[8:9]
    if version[:6] != " HTTP/" or version[7:8] != "." or version[9:] != "\r\n" or digits.strip("0123456789"):
        refuse("a malformed version")
    if digits[:1] != "1":
        refuse("HTTP/1.1 only", 505)
    http11 = digits != "10"
    host, options, length, coding, expect = found
    if host or http11:
        check_host(" " if host is None else host)
    if expect not in (None, "100-continue"):
        refuse("unknown expectation", 417)
    if coding is not None:
        if length is not None or not http11 or coding != "chunked":
            known = length is not None or not http11 or not coding.replace("chunked", "").strip(" \t,")
            refuse("malformed framing", 400 if known else 501)
        length = _CHUNKED
    elif length is not None:
        if not length or length.strip("0123456789") or len(length) > 18:
            refuse("malformed framing")
        length = int(length)
    options = [option.strip(" \t") for option in (options or "").split(",")]
    return http11, "close" not in options and (http11 or "keep-alive" in options), length or 0, http11 and expect, place


class HTTPRequest(Named):
    """A request: method, path (as sent, without the query), qs (the query); more is loaded when a handler names it."""

    kind = "r."
    route = None, "middleware"  # (url, handler) or (url, handler, options)
    prefix = ""  # of the mounted app, which its path has lost

    def __init__(self, conn, method, target):
        self.conn = self.reader = conn
        self.app = conn.app
        self.method = method
        self.target = target
        self.path, _, self.qs = target.partition("?")


class Connection(Named):
    """A client's connection: the `resp` of its requests, and the `reader` of their bodies."""

    kind = "c."

    # Of the client
    buf = out = b""  # received, and not used; to be sent, and not taken by the stream
    keep = True  # whether a request may follow; None: a handler has it, or a feature, and closes it
    deadline = 0  # app.tick at which a wait is over; 0: none, -1: it is over
    began = credit = 0  # app.tick at which it began; bytes that a slow client may still be short of min_rate
    closed = False
    hold = 512  # bytes of an answer that wait for more, or are sent at once
    in_place = True  # False on Pycopy, whose bytearray has no find()
    paced = False  # True on rp2: each piece waits until there is room, for lwIP may take what it then loses
    # Of the request
    req = None  # None while one is awaited
    http11 = True
    expects = None  # a 100 Continue
    left = 0  # bytes to come of its body, or of this chunk
    total = None  # bytes of all chunks, None if there is none to come
    # Of the answer
    status = 0
    fields = None  # None: not begun; the status line; False: the head has left
    extra = why = ""  # the other lines; what an error says in the log
    added = None  # bytes of `extra` that came before the answer began, which an error's answer keeps
    type = framing = None  # the content type; bytes still to come, _CHUNKED or _CLOSE
    body = b""  # held back
    mute = False  # no content belongs to it (RFC 9110 6.4.1)
    hooks = ends = ()

    def __init__(self, app, reader, writer, address=None):
        self.app = app
        self.stream = writer.s if hasattr(writer, "drain") else writer  # the socket of asyncio's streams
        self.below = reader  # with TLS the socket
        self.address = address
        self.host = address[0] if isinstance(address, tuple) else address and address[4:]  # packed on unix
        self.task = asyncio.core.cur_task

    # Waits and bytes

    def ready(self, writing):
        """Have the loop wake this task when the stream can be read from or written to; return what to yield."""
        return ready(self.stream, writing)

    def until(self, seconds):
        """Have a wait end after `seconds`, 0 for never; within a request also when the client is too slow for min_rate."""
        self.began = self.app.tick
        if seconds:
            if self.req or self.left or self.total is not None:
                seconds = min(seconds, max(0, self.credit) // self.app.min_rate)
            self.deadline = self.began + 1 + seconds

    def attempt(self, call, buf):
        """Return how many bytes a call of the stream moved, None if it was not ready; Lost if the client has left."""
        app = self.app
        try:
            n = call(buf)
        except OSError as e:
            if e.args[0] not in (11, 105):  # EAGAIN, ENOBUFS: nothing was taken
                raise self.lost(e.args[0])
            n = None
        if self.deadline:
            self.deadline = 0
            self.credit = min(self.credit + (n or 0) - (app.tick - self.began) * app.min_rate, 10 * app.min_rate)
        return n

    def lost(self, errno=_EPIPE):
        """Return the exception for a connection that takes no more; free its slot if a handler kept it."""
        if self.keep is None and self in self.app.connections:
            self.close()
        self.keep = False
        return Lost(errno, self)

    @coroutine
    def receive(self, seconds):
        """Wait for bytes, which are then in `block`; return their number, 0 at the end. Refusal 408 after `seconds`."""
        n = None
        while n is None:
            self.until(seconds)
            try:
                yield self.ready(False)
            except asyncio.CancelledError:
                if self.deadline >= 0:
                    raise
                self.deadline = 0
                self.keep = False
                refuse("too slow", 408)
            n = self.attempt(self.stream.readinto, block)
        return n

    def put(self, data):
        """Hand bytes to the stream; what it does not take waits in `out`."""
        if not self.out:
            n = self.attempt(self.stream.write, data)
            if n == len(data):
                return
            data = data[n or 0 :]
        self.out += data

    @coroutine
    def drain(self):
        """Let other tasks run, and wait until all has left; Lost if the client takes nothing for write_timeout."""
        yield from asyncio.sleep_ms(0)
        wait = self.paced
        while self.out or wait:
            wait = False
            self.until(self.app.write_timeout)
            try:
                yield self.ready(True)
            except asyncio.CancelledError:
                if self.deadline >= 0:
                    raise
                self.deadline = 0
                raise self.lost()
            data = self.out
            self.out = b""
            if data:
                self.put(data)
            self.deadline = 0

    def gone(self):
        """Return whether the client of a request has left; keep what it has sent behind the request."""
        if self.buf or self.left or self.total is not None:
            return False
        try:
            n = self.stream.readinto(block)
        except OSError as e:
            return e.args[0] not in (11, 105)
        if n:
            self.buf = bytes(view[:n])
        return n == 0

    # A request

    @coroutine
    def next(self):
        """Return the next HTTPRequest, None if the client has closed; Refusal for what is none."""
        app = self.app
        self.since = app.tick
        seconds = app.idle_timeout
        buf = self.buf
        n = len(buf)
        while not n or not self.parse(buf, n):
            if n:
                if buf is not self.buf:
                    self.since = app.tick
                    self.buf = bytes(view[:n])
                if self.buf.count(b"\n") != self.buf.count(b"\r\n"):
                    refuse("a bare LF")
                seconds = max(1, self.since + app.head_timeout - app.tick)
            self.until(seconds)
            yield self.ready(False)
            n = self.attempt(self.stream.readinto, block)
            if n == 0:
                if self.buf:
                    raise self.lost()
                return
            if n:
                buf = block if self.in_place else bytes(view[:n])
                if self.buf:
                    buf = self.buf = self.buf + view[:n]
                    n = len(buf)
        return self.req

    def parse(self, buf, n):
        """Take a request's head from the first `n` bytes of `buf`; return False if there is more to come of it."""
        app = self.app
        at = 0
        while buf.startswith(b"\r\n", at):  # RFC 9112 2.2
            at += 2
        end = buf.find(b" ", buf.find(b" ", at, n) + 1, n)
        data = memoryview(buf)
        for head, said in app.memo:
            stop = end + len(head)
            if stop <= n and end > 0 and buf.startswith(head, end):
                break
        else:
            stop = buf.find(b"\r\n\r\n", at, n) + 4
            if (stop if stop > 3 else n) > app.max_head + 4:
                long = buf.find(b"\r\n", at, min(n, app.max_head)) < 0
                refuse("over %d bytes" % app.max_head, 414 if long else 431)
            if stop < 4:
                return False
            head = bytes(data[max(0, end) : stop])
            said = read_fields(head)
            app.memo.append((head, said))
            if len(app.memo) > app.memos:
                app.memo.pop(0)
        self.http11, self.keep, left, self.expects, place = said
        self.buf = bytes(data[stop:n]) if stop < n else b""
        line = bytes(data[at : max(0, end)])
        method, _, target = line.decode().partition(" ") if line and 31 < min(line) and max(line) < 127 else "   "
        if method == "CONNECT":
            refuse("no tunnels", 501)
        if target[:1] != "/" and (target != "*" or method != "OPTIONS"):
            scheme, _, rest = target.partition("://")
            host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
            if scheme.lower() not in ("http", "https"):
                host = ""
            check_host(host or " ")
            if place:  # it wins over Host (RFC 9112 3.2.2)
                head = head[:place] + host.encode() + head[head.find(b"\r", place) :]
            target = rest[len(host) :].partition("#")[0]
            if target[:1] != "/":
                target = "/" + target
        if not method or method.strip(TOKEN):
            refuse("a malformed request line")
        self.head = head
        self.credit = 10 * app.min_rate
        self.req = HTTPRequest(self, method, target)
        if left:
            self.total = 0 if left < 0 else None
            self.left = max(0, left)
            self.limit(left, app.max_body)
        return True

    def limit(self, n, most):
        """Refuse a body of over `most` bytes, None for no limit (RFC 9110 15.5.14)."""
        if most is not None and n > most:
            self.keep = False
            refuse("a body over %d bytes" % most, 413)

    # Its body

    @coroutine
    def fill(self):
        """Receive more into `buf`; Lost at the end of the stream."""
        if self.expects:
            self.expects = None
            self.put(b"HTTP/1.1 100 Continue\r\n\r\n")
        n = yield from self.receive(self.app.body_timeout)
        if not n:
            raise self.lost()
        self.buf += view[:n]

    @coroutine
    def line(self):
        """Return a line of the chunked framing without its end, as text; ValueError if it is none."""
        while b"\n" not in self.buf and len(self.buf) < 256:
            yield from self.fill()
        end = self.buf.find(b"\r\n")
        line = self.buf[: max(0, end)]
        if not 0 <= end < 256 or b"\r" in line or b"\n" in line or b"\0" in line:
            raise ValueError
        self.buf = self.buf[end + 2 :]
        return line.decode()

    @coroutine
    def advance(self):
        """Have the body's next bytes in `buf`; at its end `left` is 0 (RFC 9112 7.1)."""
        if not self.left and self.total is not None:
            try:
                if self.total and (yield from self.line()):
                    raise ValueError
                size = (yield from self.line()).partition(";")[0].rstrip(" \t")
                if len(size) > 15 or size.strip("0123456789abcdefABCDEF"):
                    raise ValueError
                self.left = int(size, 16)
                self.total += self.left
                if not self.left:
                    for _ in range(9):  # trailers, and the empty line
                        name, colon, _ = (yield from self.line()).partition(":")
                        if not name and not colon:
                            self.total = None
                            return
                        if not colon or not name or name.strip(TOKEN):
                            break
                    raise ValueError
            except ValueError:
                self.keep = False
                self.left = 0
                self.total = None
                refuse("a malformed chunk")
            self.limit(self.total, self.app.max_body)
        if self.left and not self.buf:
            yield from self.fill()

    @coroutine
    def read(self, n=-1):
        """Read at most `n` bytes of the body, all of it for -1 (Refusal 413 over max_read); b"" at its end."""
        if n < 0:
            return (yield from self.read_whole())
        if n:
            yield from self.advance()
        n = min(n, self.left)
        data = self.buf
        self.buf = data[n:]
        if n < len(data):
            data = data[:n]
        self.left -= len(data)
        return data

    @coroutine
    def skip(self, lost=False):
        """Read what is left of a body, for 5 seconds; if the framing is `lost` what still comes, up to a silence (RFC 9112 9.6)."""
        self.req = None
        self.credit = 5 * self.app.min_rate
        end = self.app.tick + 5
        silence = 0
        try:
            while self.app.tick < end and silence < 6:
                if not lost:
                    if not (yield from self.read(_BLOCK)):
                        return
                    continue
                n = self.attempt(self.stream.readinto, block)
                if n == 0:
                    return
                silence = 0 if n else silence + 1
                yield from asyncio.sleep_ms(0 if n else 50)
            self.deadline = -1
        except (OSError, Refusal):
            pass
        self.keep = False

    # The answer

    def add_header(self, name, value):
        """Add a field to the answer; ValueError if it is malformed, RuntimeError once the head has left."""
        if self.fields is False:
            raise RuntimeError("the head has left")
        name = name.decode() if isinstance(name, bytes) else name
        value = value.decode() if isinstance(value, bytes) else str(value)
        check_value(value)
        if not name or name.strip(TOKEN):
            raise ValueError("a malformed header: " + name)
        key = name.lower()
        if key == "content-type":
            self.type = value
        elif key == "content-length":
            self.framing = int(value)
            if self.framing < 0:
                raise ValueError("a negative length")
        elif key == "connection":
            if "close" in value.lower():
                self.keep = self.keep and False
        elif key == "transfer-encoding":
            raise ValueError("Transfer-Encoding is the server's")
        else:
            self.extra += "%s: %s\r\n" % (name, value)

    def reset(self):
        """Forget an answer of which nothing has left; what was added before it stays."""
        self.status = 0
        self.fields = self.framing = self.type = None
        self.body = b""
        if self.added is not None:
            self.extra = self.extra[: self.added]
            self.added = None

    def start(self, content_type, status=200, headers=None):
        """Begin the answer; ValueError for what must not reach the wire."""
        if self.fields is not None:
            return self.app.tell("warning", "%s: a second start_response is ignored", self.name())
        self.added = len(self.extra)
        status = str(status)
        self.status = int(status[:3])
        if not 99 < self.status < 600 or status[3:4] not in " ":
            raise ValueError("a malformed status: " + status)
        if len(status) < 5:
            at = REASONS.find("\n" + status) + 1
            status = REASONS[at : REASONS.find("\n", at)] if at else status + " Other"
        if headers:
            if isinstance(headers, bytes):
                headers = headers.decode()
            if isinstance(headers, str):
                headers = [line.split(":", 1) for line in headers.split("\r\n") if line]
            for name, value in headers.items() if hasattr(headers, "items") else headers:
                self.add_header(name, value.strip() if isinstance(value, str) else value)
        kind = self.type or content_type or ""
        check_value(status + kind)
        self.type = kind
        self.fields = "HTTP/1.1 %s\r\n" % status

    def lead(self, size):
        """Return the whole head, and decide the framing; `size` is the body's, None if there is more to come of it."""
        for hook in self.hooks:
            hook(self)
        status = self.status
        extra = self.extra
        if self.framing is None:
            self.framing = size if size is not None else _CHUNKED if self.http11 else _CLOSE
        self.mute = status in (204, 205, 304) or status < 200 or self.req is not None and self.req.method == "HEAD"
        last = ""
        if status > 199 and status != 204 and status != 304:
            if self.type:
                last = "Content-Type: %s\r\n" % self.type
            if self.framing >= 0 or status == 205:
                last += "Content-Length: %d\r\n" % (0 if status == 205 else self.framing)
            elif self.http11:
                last += "Transfer-Encoding: chunked\r\n"
            else:
                self.keep = self.keep and False
        if not self.keep and status > 199:
            last += "Connection: close\r\n"
        elif not self.http11:
            last += "Connection: keep-alive\r\n"
        date = "" if extra and "date:" in extra.lower() else self.app.date
        head = "%s%s%s%s\r\n" % (self.fields, date, extra, last)
        self.fields = False
        return head.encode()

    def send(self, last=False):
        """Put what is held back, the first time after the head."""
        body = self.body
        size = len(body)
        self.body = lead = b""
        if self.fields:
            lead = self.lead(size if last else None)
        if self.mute:
            body = b""
        elif self.framing == _CHUNKED:
            if size:
                body = b"%x\r\n%s\r\n" % (size, body)
            if last:
                body += b"0\r\n\r\n"
        elif self.framing != _CLOSE:
            self.framing -= size
            if self.framing < 0 or last and self.framing:
                body = body[: self.framing] if self.framing < 0 else body
                self.keep = self.keep and False
                self.app.tell("error", "%s: Content-Length is wrong by %d bytes", self.name(), self.framing)
        if lead or body:
            self.put(lead + body)

    @coroutine
    def awrite(self, buf, off=0, sz=-1):
        """Write str or bytes, `sz` bytes from `off`; OSError if the client has left or takes nothing for write_timeout."""
        if isinstance(buf, str):
            buf = buf.encode()
        if off or sz >= 0:
            buf = memoryview(buf)[off : off + sz if sz >= 0 else len(buf)]
        if self.closed or self.mute and self.req and self.req.method == "HEAD":
            raise Lost(_EPIPE, self)
        if self.fields is None:  # the whole answer by hand, its status line first
            self.status = 200
            try:
                self.status = int(bytes(buf[9:12]))
            except ValueError:
                pass
            self.fields = False
            self.framing = _CLOSE
            self.keep = self.keep and False
        if self.out:
            yield from self.drain()
        n = len(buf)
        hold = self.hold
        if self.keep is not None and 0 < n and n + len(self.body) <= hold:
            self.body += buf
            return
        if self.body:
            self.send()
        at = 0
        while at < n or not at:
            self.body = bytes(memoryview(buf)[at : at + hold])
            self.send()
            yield from self.drain()
            at += hold

    awritestr = awrite

    @coroutine
    def run(self, handler):
        """Run a coroutine or generator, and return its result; whenever it waits, what it wrote leaves, or what it yields."""
        step = send = handler.send  # bound once: what is allocated while a pause is in hand could fail
        throw = handler.throw
        value = None
        try:
            while True:
                try:
                    pause = step(value)
                except StopIteration as e:
                    return e.value
                step = send
                value = failure = over = None
                try:
                    if pause is not None and isinstance(pause, (str, bytes, bytearray)):
                        if self.fields is None:
                            self.start(HTML)
                        yield from self.awrite(pause)
                        continue
                    if self.fields is not None:
                        try:
                            self.send()
                        except Exception as e:  # the loop has the task already: it must wait first
                            failure = e
                        if self.mute and not self.deadline:  # HEAD
                            over = self.deadline = self.app.tick + 1
                    value = yield pause
                    if failure:
                        raise failure
                except BaseException as e:
                    value = Lost(_EPIPE, self) if over and self.deadline < 0 else e
                    step = throw
                if over:
                    self.deadline = 0
        finally:
            handler.close()

    def answer(self, result):
        """Answer with a handler's result, and end the answer; return a coroutine if that is not done at once."""
        if result is False:
            self.keep = None
            if self.fields is not None:
                self.send()
            return
        if result is not None and self.fields is None:
            status, headers, kind = 200, None, HTML
            number = isinstance(result, (int, float)) and result is not True
            if isinstance(result, tuple):
                if isinstance(result[0], int) and not isinstance(result[1], int):
                    result = (result[1], result[0]) + result[2:]
                status = result[1]
                headers = result[2] if len(result) > 2 else None
                result = result[0]
            if number or isinstance(result, (dict, list)):
                kind = "application/json"
                result = to_json(result)
            if isinstance(result, str):
                result = result.encode()
            elif isinstance(result, (bytes, bytearray, memoryview)):
                kind = "application/octet-stream"
            elif result is None:
                result = b""
            elif not hasattr(result, "__next__") and not hasattr(result, "__iter__") and not hasattr(result, "__aiter__"):
                func = self.req.route[1]
                file = getattr(func, "__globals__", {}).get("__file__", "?")
                raise TypeError("%s of %s answers with %r" % (getattr(func, "__name__", func), file, result))
            self.start(kind, status, headers)
            if not isinstance(result, bytes) or len(result) > self.hold:
                return self.stream_out(result)
            self.body = result
            if self.framing is None:
                self.framing = len(result)
        return self.finish()

    @coroutine
    def stream_out(self, parts):
        """Write what a handler has returned piece by piece."""
        if hasattr(parts, "send"):
            yield from self.run(parts)
        elif isinstance(parts, (bytes, bytearray, memoryview)):
            if self.framing is None:
                self.framing = len(parts)
            yield from self.awrite(parts)
        elif hasattr(parts, "__aiter__"):
            yield from self.awriteiter(parts)
        else:
            try:
                for part in parts:
                    yield from self.awrite(part)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        yield from self.finish() or ()

    def finish(self):
        """End the answer; return a coroutine if that is not done at once. RuntimeError if there is no answer."""
        if self.keep is None or self.closed:
            return
        if self.fields is None:
            raise RuntimeError("the handler has answered nothing")
        if self.expects and (self.left or self.total is not None):  # who knows whether the body comes?
            self.keep = False
        self.send(True)
        if self.out or self.left or self.total is not None:
            return self.settle()
        self.done()

    @coroutine
    def settle(self):
        """Wait until the answer has left, and skip what is left of the request."""
        if self.out:
            yield from self.drain()
        expects = self.expects
        self.done()
        if self.left or self.total is not None:
            yield from self.skip(expects)

    def done(self):
        """Forget the request and its answer."""
        self.app.note(self)
        for hook in self.ends:
            hook(self)
        self.reset()
        self.extra = ""
        self.req = self.head = None
        if self.why:
            self.why = ""
        if self.hooks or self.ends:
            self.hooks = self.ends = ()
        self.mute = False

    def name(self):
        """Return what a log line says of the request."""
        req = self.req
        return "%s %s%s %d" % (req.method, req.prefix, req.path, self.status or 500) if req else "request %d" % self.status

    # The end

    def expire(self):
        """End what the connection waits for: its time is over."""
        self.deadline = -1
        self.task.cancel()

    def end(self):
        """End the connection: at once, or after the request in progress."""
        if self.keep is None:
            return self.close()
        self.keep = False
        if self.req is None:
            self.expire()

    def close(self):
        """Close the stream, and free the slot."""
        if not self.closed:
            self.closed = True
            if self in self.app.connections:
                self.app.connections.remove(self)
            self.stream.close()
            if self.below is not self.stream:
                self.below.close()


@coroutine
def start_response(writer, content_type=HTML, status="200", headers=None):
    """Begin an answer; `headers` is a dict, pairs, or a block of lines. ValueError for what must not reach the wire."""
    writer.start(content_type, status, headers)
    return
    yield
