"""The wire: a client's connection, which reads requests and writes answers (RFC 9110, RFC 9112)."""
try:
    import asyncio.core
    from utime import gmtime
    adapt = None
except ImportError:
    from .runtime import adapt, asyncio, gmtime  # CPython, Pycopy
import gc
import sys
import ujson
from micropython import const

# MicroPython looks for builtins one by one in a long table, and finds them at once among a module's own names.
len, isinstance, hasattr, memoryview, min = len, isinstance, hasattr, memoryview, min
NUMBER = int, float
BYTES = bytes, bytearray, memoryview
_BLOCK = const(768)  # bytes that are read, or sent, at once
HTML = "text/html; charset=utf-8"
# How the end of a body is told, if not by its length.
_CHUNKED = const(-1)
_CLOSE = const(-2)
DIGITS = "0123456789"
NAME = "-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + DIGITS + "!$&'*+_~%"  # the frequent first: strip() looks in turn
TOKEN = NAME + "#^`|"  # RFC 9110 5.6.2
_TOKEN = TOKEN.encode()
KNOWN = b" host connection content-length content-type transfer-encoding expect "
CLOSING = 400, 408, 413, 414, 417, 431, 501, 503, 505  # after these nobody knows where the next request begins
_EPIPE = const(32)
AGAIN = 11, 105  # EAGAIN, ENOBUFS: a call of a stream moved nothing yet
REASONS = """
201 Created\n202 Accepted\n204 No Content\n206 Partial Content\n301 Moved Permanently\n302 Found\n303 See Other
304 Not Modified\n307 Temporary Redirect\n308 Permanent Redirect\n400 Bad Request\n401 Unauthorized\n403 Forbidden
404 Not Found\n405 Method Not Allowed\n408 Request Timeout\n409 Conflict\n411 Length Required\n413 Content Too Large\n414 URI Too Long
415 Unsupported Media Type\n417 Expectation Failed\n422 Unprocessable Content\n426 Upgrade Required\n429 Too Many Requests
431 Request Header Fields Too Large\n500 Internal Server Error\n501 Not Implemented\n503 Service Unavailable
505 HTTP Version Not Supported\n"""

# The module of what an app (a.), a request (r.) or a response (c.) has when it is named.
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
block = bytearray(_BLOCK)  # what some client has sent, or is sent: good up to the next wait or write
view = memoryview(block)
owner = None  # the Connection whose request's header section may be in `block`


def load(name):
    """Import a module of picoweb that the app has named."""
    name = "picoweb." + name
    if name not in sys.modules:
        __import__(name)
        gc.collect()  # what a small heap needs next fits where the loading was
    return sys.modules[name]


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


def claim():
    """Have `block` for what comes next: a header section that is still wanted moves to its connection."""
    global owner
    conn = owner
    owner = None
    if conn and conn.head is block:
        conn.head = None  # its handler, not this task, is short of memory then
        try:
            conn.head = bytes(view[conn.head_at : conn.head_end])
        except MemoryError:
            pass


def to_json(obj):
    """Return the JSON of `obj`; ValueError if it has none: an object, NaN, infinity."""
    text = ujson.dumps(obj)
    if "<" in text or "nan" in text or "inf" in text:
        try:
            ujson.loads(text)
        except ValueError:
            raise ValueError("no JSON form: %r" % (obj,))
    return text


def check_value(text):
    """Raise ValueError for what would forge other header fields (RFC 9110 5.5)."""
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError("CR, LF or NUL in a header")


def check_host(host):
    """Raise ValueError for what is no name or address, with or without a port (RFC 9110 7.2)."""
    name, _, port = host.partition(":")
    if host[:1] == "[":
        name, closed, port = host[1:].partition("]")
        name = "" if closed and name and not name.strip(":.0123456789abcdef") and port[:1] in ":" else " "
        port = port[1:]
    if len(host) > 255 or name.strip(NAME) or port.strip(DIGITS):
        raise ValueError


def read_fields(buf, start, stop):
    """Return what a head says from the version on: (http11, keep, body's length, expects, place of its host, content type)."""
    lines = buf.count(b"\n", start, stop)
    if lines > 66:
        refuse("over 64 header fields", 431)
    if buf.count(b"\r", start, stop) != lines or buf.count(b"\r\n", start, stop) != lines or buf.find(b"\0", start, stop) >= 0:
        raise ValueError
    at = start + 11
    version = buf[start:at].decode()
    found = {}
    place = 0
    while at < stop - 2:
        end = buf.find(b"\r\n", at)
        colon = buf.find(b":", at, end)
        name = bytes(buf[at:colon]).lower()
        if colon <= at or name.strip(_TOKEN):  # a folded line begins with a space
            raise ValueError
        if b" " + name + b" " in KNOWN:
            name = name.decode()
            try:
                value = bytes(buf[colon + 1 : end]).strip(b" \t").lower().decode()
            except UnicodeError:
                value = "\xff"  # no host, no number and no option
            if name in found:
                value = found[name] + "," + value
            found[name] = value
            if name == "host":
                place = colon + 1 - start
        at = end + 2
    digits = version[6:7] + version[8:9]
    if version[:6] + version[7:8] + version[9:] != " HTTP/.\r\n" or digits.strip(DIGITS):
        raise ValueError
    if digits[:1] != "1":
        refuse("HTTP/1.1 only", 505)
    http11 = digits != "10"
    check_host(found.get("host", " " if http11 else ""))
    expects = found.get("expect")
    if expects not in (None, "100-continue"):
        refuse("unknown expectation", 417)
    coding = found.get("transfer-encoding")
    length = found.get("content-length", "0")
    if coding is not None:
        malformed = "content-length" in found or not http11
        if malformed or coding != "chunked":
            known = malformed or not coding.replace("chunked", "").strip(" \t,")
            refuse("malformed framing", 400 if known else 501)
        length = _CHUNKED
    elif not length or length.strip(DIGITS) or len(length) > 18:
        refuse("malformed framing")
    options = ",%s," % found.get("connection", "").replace(" ", "").replace("\t", "")
    keep = ",close," not in options and (http11 or ",keep-alive," in options)
    return http11, keep, int(length), http11 and expects, place, found.get("content-type", "")


class HTTPRequest(Named):
    """A request: method, path (as sent, without the query), qs (the query); more is loaded when a handler names it."""

    kind = "r."
    route = None, "middleware"  # (url, handler) or (url, handler, options)
    prefix = ""  # of the mounted app, which its path has lost


class Connection(Named):
    """A client's connection: the `resp` of its requests, and the `reader` of their bodies."""

    kind = "c."

    # Of the client
    buf = out = b""  # received, and not used; to be sent, and not taken by the stream
    keep = True  # whether a request may follow; None: a handler has it, or a feature, and closes it
    deadline = 0  # app.tick at which a wait is over; 0: none, -1: it is over
    began = credit = 0  # app.tick at which it began; bytes that a slow client may still be short of min_rate
    closed = False
    below = None
    hold = 512  # bytes of an answer that wait for more, or are sent at once
    in_place = True  # False on Pycopy, whose bytearray has no find()
    paced = False  # True on rp2: each piece waits until there is room, for lwIP may take what it then loses
    # Of the request
    req = None  # None while one is awaited
    head = None  # its header section: bytes, or `block` while it is there, from head_at to head_end
    body_type = ""  # its Content-Type, in lower case
    http11 = True
    expects = None  # a 100 Continue
    left = 0  # bytes to come of its body, or of this chunk
    total = None  # bytes of all chunks, None if there is none to come
    # Of the answer
    status = 0
    fields = None  # None: not begun; the status line (bytes); False: the head has left
    extra = why = ""  # the other lines; what an error says in the log
    added = None  # bytes of `extra` that came before the answer began, which an error's answer keeps
    type = framing = None  # the content type; bytes still to come, _CHUNKED or _CLOSE
    body = b""  # held back
    mute = False  # no content belongs to it (RFC 9110 6.4.1)
    hooks = ends = ()

    def __init__(self, app, reader, writer, address=None):
        self.app = app
        self.stream = writer.s if hasattr(writer, "drain") else writer  # the socket of asyncio's streams
        if reader is not self.stream:
            self.below = reader  # the socket that TLS is on
        self.address = address
        self.host = address[0] if isinstance(address, tuple) else address and address[4:]  # packed on unix
        self.task = asyncio.core.cur_task

    # Waits and bytes

    def ready(self, writing):
        """Have the loop wake this task when the stream can be read from or written to; return what to yield."""
        return ready(self.stream, writing)

    def attempt(self, call, buf):
        """Return how many bytes a call of the stream moved, None if it was not ready; Lost if the client has left."""
        if self.closed:  # its file descriptor may be another client's by now
            raise self.lost()
        if buf is block:
            claim()
        app = self.app
        try:
            n = call(buf)
        except OSError as e:
            if e.args[0] not in AGAIN:
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

    def until(self, seconds):
        """Have a wait end after `seconds`, 0 for never; within a request also when the client is too slow for min_rate."""
        self.began = tick = self.app.tick
        if seconds:
            if self.req or self.left or self.total is not None:
                seconds = min(seconds, max(0, self.credit) // self.app.min_rate)
            self.deadline = tick + 1 + seconds

    @coroutine
    def receive(self, seconds, writing=False):
        """Wait for bytes, which are then in `block`; return their number, 0 at the end. Or wait until bytes can be written.

        After `seconds`, 0 for never, or if the client is too slow for min_rate, Refusal 408 or, where it takes nothing, Lost.
        """
        n = None
        while n is None:
            self.until(seconds)
            try:
                yield self.ready(writing)
            except asyncio.CancelledError:
                if self.deadline >= 0:
                    raise
                self.deadline = 0
                lost = self.lost()
                if writing:
                    raise lost
                refuse("too slow", 408)
            n = 0 if writing else self.attempt(self.stream.readinto, block)
        return n

    def put(self, data):
        """Hand bytes to the stream; what it does not take waits in `out`."""
        if data and not self.out:
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
            yield from self.receive(self.app.write_timeout, True)
            data = self.out
            self.out = b""
            self.put(data)
            self.deadline = 0

    # A request

    @coroutine
    def next(self):
        """Return the next HTTPRequest, None if the client has closed; Refusal for what is none."""
        app = self.app
        self.since = app.tick
        buf = self.buf
        n = len(buf)
        try:
            while not n or not self.parse(buf, n):
                if n:
                    if buf is not self.buf:
                        self.since = app.tick
                        self.buf = bytes(view[:n])
                    if self.buf.count(b"\n") != self.buf.count(b"\r\n"):
                        raise ValueError
                if self.buf:
                    self.deadline = self.since + 1 + app.head_timeout  # of the whole head
                else:
                    self.until(app.idle_timeout)
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
        except ValueError:
            refuse("a malformed head")
        return self.req

    def parse(self, buf, n):
        """Take a request's head from the first `n` bytes of `buf`; return False if there is more to come of it."""
        global owner
        app = self.app
        at = 0
        while buf.startswith(b"\r\n", at):  # RFC 9112 2.2
            at += 2
        end = buf.find(b" ", buf.find(b" ", at, n) + 1, n)
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
            if not 0 < end < stop:
                raise ValueError
            said = read_fields(buf, end, stop)
            head = block
            if buf is not block or app.memos:
                head = bytes(memoryview(buf)[end:stop])
            if app.memos:
                if len(app.memo) >= app.memos:
                    app.memo.pop(0)
                app.memo.append((head, said))
        self.http11, self.keep, left, self.expects, place, self.body_type = said
        line = bytes(memoryview(buf)[at:end])
        if not line or min(line) < 32 or max(line) > 126:
            raise ValueError
        method, _, target = line.partition(b" ")
        is_path = target[:1] == b"/"
        method = method.decode()
        target = target.decode()
        self.head = head
        if head is block:
            owner = self
            self.head_at = end
            self.head_end = stop
        self.buf = bytes(memoryview(buf)[stop:n]) if stop < n else b""
        if method == "CONNECT":
            refuse("no tunnels", 501)
        if not is_path and (target != "*" or method != "OPTIONS"):
            scheme, _, rest = target.partition("://")
            host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
            check_host(host if host and scheme.lower() in ("http", "https") else " ")
            if place:  # it wins over Host (RFC 9112 3.2.2)
                head = self.header_section()
                self.head = head[:place] + host.encode() + head[head.find(b"\r", place) :]
            target = rest[len(host) :].partition("#")[0]
            if target[:1] != "/":
                target = "/" + target
        if not method or method.strip(TOKEN):
            raise ValueError
        self.credit = 10 * app.min_rate
        req = HTTPRequest()
        req.conn = req.reader = self
        req.app = app
        req.method = method
        req.target = target
        req.path, _, req.qs = target.partition("?")
        self.req = req
        if left:
            self.total = 0 if left < 0 else None
            self.left = max(0, left)
            self.limit(left, app.max_body)
        return True

    def header_section(self):
        """Return the header section as bytes, from the version on."""
        if self.head is block:
            claim()
        if self.head is None:
            raise MemoryError
        return self.head

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
    def skip(self, lost):
        """Read what is left of a body, for 5 seconds; if the framing is `lost` all that comes, up to a silence (RFC 9112 9.6)."""
        self.req = None
        self.credit = 5 * self.app.min_rate
        end = self.app.tick + 5
        n = 1
        try:
            while n and self.app.tick < end:
                n = yield from self.receive(1) if lost else self.read(_BLOCK)
        except (OSError, Refusal):
            pass
        if n:
            self.keep = False

    # The answer

    def add_header(self, name, value):
        """Add a field to the answer; ValueError if it is malformed, RuntimeError once the head has left."""
        if self.fields is False:
            raise RuntimeError("the head has left")
        name = name.decode() if isinstance(name, bytes) else name
        value = value.decode() if isinstance(value, bytes) else str(value)
        key = name.lower()
        check_value(value)
        if not key or key.strip(TOKEN) or key == "transfer-encoding" or key == "content-length" and value.strip(DIGITS):
            raise ValueError("a malformed header: " + name)  # or one that is the server's
        if key == "content-type":
            self.type = value
        elif key == "content-length":
            self.framing = int(value)
        elif key == "connection":
            if "close" in value.lower():
                self.keep = self.keep and False
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
        if status in (200, "200"):
            self.status = 200
            line = b"HTTP/1.1 200 OK\r\n"
        else:
            status = str(status)
            self.status = int(status[:3])
            if not 99 < self.status < 600 or status[3:4] not in " ":
                raise ValueError("a malformed status: " + status)
            if len(status) < 5:
                at = REASONS.find("\n" + status) + 1
                status = REASONS[at : REASONS.find("\n", at)] if at else status + " Other"
            check_value(status)
            line = b"HTTP/1.1 %s\r\n" % status.encode()
        if headers:
            if hasattr(headers, "decode"):
                headers = headers.decode()
            if isinstance(headers, str):
                headers = filter(None, headers.split("\r\n"))
            for field in headers.items() if hasattr(headers, "items") else headers:
                name, value = field.split(":", 1) if isinstance(field, str) else field
                self.add_header(name, value.strip() if isinstance(value, str) else value)
        kind = self.type or content_type or ""
        check_value(kind)
        self.type = kind
        self.fields = line

    def lead(self, size):
        """Return the whole head, and decide the framing; `size` is the body's, None if there is more to come of it."""
        for hook in self.hooks:
            hook(self)
        status = self.status
        if self.framing is None:
            self.framing = size if size is not None else _CHUNKED if self.http11 else _CLOSE
        self.mute = status in (204, 205, 304) or status < 200 or self.req is not None and self.req.method == "HEAD"
        extra = self.extra
        parts = [self.fields, b"" if extra and "date:" in extra.lower() else self.app.date, extra.encode()]
        if status > 199:
            if status not in (204, 304):
                if self.type:
                    parts += b"Content-Type: ", self.type.encode(), b"\r\n"
                if status == 205:
                    self.framing = 0
                if self.framing >= 0:
                    parts.append(b"Content-Length: %d\r\n" % self.framing)
                elif self.http11:
                    parts.append(b"Transfer-Encoding: chunked\r\n")
                else:
                    self.keep = self.keep and False
            if not self.keep:
                parts.append(b"Connection: close\r\n")
            elif not self.http11:
                parts.append(b"Connection: keep-alive\r\n")
        parts.append(b"\r\n")
        self.fields = False
        return b"".join(parts)

    def send(self, last=False):
        """Put what is held back, the first time after the head."""
        body = self.body
        size = len(body)
        self.body = b""
        parts = [self.lead(size if last else None)] if self.fields else []
        if self.mute:
            pass
        elif self.framing == _CHUNKED:
            if size:
                parts += b"%x\r\n" % size, body, b"\r\n"
            if last:
                parts.append(b"0\r\n\r\n")
        else:
            if self.framing != _CLOSE:
                self.framing -= size
                if self.framing < 0 or last and self.framing:
                    body = body[: self.framing] if self.framing < 0 else body
                    self.keep = self.keep and False
                    self.app.tell("error", "%s: Content-Length is wrong by %d bytes", self.name(), self.framing)
            parts.append(body)
        if last and not self.ends:
            self.head = None
        n = 0
        for part in parts:  # one packet, if it is not too much
            size = len(part)
            if n + size > _BLOCK:
                self.put(view[:n])
                n = 0
            if size > _BLOCK or len(parts) < 2:
                self.put(part)
            else:
                if not n:
                    claim()
                block[n : n + size] = part
                n += size
        if n:
            self.put(view[:n])

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
            self.body = memoryview(buf)[at : at + hold]
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

    @coroutine
    def answer(self, result):
        """Answer with a handler's result, and end the answer; RuntimeError if there is none."""
        if result is False:
            self.keep = None
            if self.fields is not None:
                self.send()
        elif result is not None and self.fields is None:
            status, headers, kind = 200, None, HTML
            number = isinstance(result, NUMBER) and result is not True
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
            elif isinstance(result, BYTES):
                kind = "application/octet-stream"
            elif result is None:
                result = b""
            elif not hasattr(result, "__next__") and not hasattr(result, "__iter__") and not hasattr(result, "__aiter__"):
                func = self.req.route[1]
                file = getattr(func, "__globals__", {}).get("__file__", "?")
                raise TypeError("%s of %s answers with %r" % (getattr(func, "__name__", func), file, result))
            self.start(kind, status, headers)
            if isinstance(result, BYTES):
                if self.framing is None:
                    self.framing = len(result)
                if len(result) > self.hold:
                    yield from self.awrite(result)
                else:
                    self.body = result
            elif hasattr(result, "send"):
                yield from self.run(result)
            elif hasattr(result, "__aiter__"):
                yield from self.awriteiter(result)
            else:
                try:
                    for part in result:
                        yield from self.awrite(part)
                finally:
                    if hasattr(result, "close"):
                        result.close()
        if self.keep is None or self.closed:
            return
        if self.fields is None:
            raise RuntimeError("the handler has answered nothing")
        unread = self.left or self.total is not None
        lost = self.expects and unread  # who knows whether the body comes?
        if lost:
            self.keep = False
        self.send(True)
        if self.out:
            yield from self.drain()
        self.app.note(self)
        for hook in self.ends:
            hook(self)
        lost = lost or not unread and not self.keep and self.status in CLOSING
        self.reset()
        self.extra = ""
        self.req = self.head = None
        self.mute = False
        if self.why or self.hooks or self.ends:
            self.why = ""
            self.hooks = self.ends = ()
        if unread or lost:
            yield from self.skip(lost)

    def name(self):
        """Return what a log line says of the request."""
        req = self.req
        return "%s %s%s %d" % (req.method, req.prefix, req.path, self.status or 500) if req else "request %d" % self.status

    # The end

    def expire(self):
        """End what the connection waits for: its time is over."""
        self.deadline = -1
        self.task.cancel()

    def close(self):
        """Close the stream, and free the slot."""
        if not self.closed:
            if self in self.app.connections:
                self.app.connections.remove(self)
            self.stream.close()
            if self.below:
                self.below.close()
            try:
                self.closed = True
            except MemoryError:  # it is, and may be closed again
                pass

    cut = close  # at once, also where a feature has taken its place


@coroutine
def start_response(writer, content_type=HTML, status="200", headers=None):
    """Begin an answer; `headers` is a dict, pairs, or a block of lines. ValueError for what must not reach the wire."""
    writer.start(content_type, status, headers)
    return
    yield
