"""A request's body: by Content-Length or in chunks (RFC 9112 7.1), within max_body, never a byte of the next request."""
from .errors import Refusal
from .stream import BLOCK, coroutine
from .response import send
from .timeout import Timeout, wait

ECONNRESET = 104
MAX_LINE = 256  # bytes of a chunk's size with its extensions, and of all trailers


class Reader:
    """What a handler reads a body from; `size` in bytes, None where it is chunked."""

    def __init__(self, conn, size=0, expects=False):
        self.conn = conn
        self.left = size or 0  # of the body, or of this chunk
        self.chunked = size is None
        self.expects = expects  # a 100 Continue
        self.head = b""  # header lines that the handler reads by itself
        self.total = 0  # of the chunks
        self.ended = size == 0

    @coroutine
    def receive(self):
        """What has come of the body, at least one byte; b"" at the end of the stream."""
        conn = self.conn
        if self.expects:
            self.expects = False
            send(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            return (yield from wait(conn, conn.stream.read(BLOCK), conn.app.body_timeout))
        except Timeout:
            self.refuse("the body stalls", 408)
        except OSError:
            conn.broken = True
            raise

    @coroutine
    def fill(self):
        """Has at least one byte more in the connection's buffer."""
        data = yield from self.receive()
        if not data:
            self.conn.broken = True
            raise OSError(ECONNRESET)
        self.conn.buf += data

    @coroutine
    def line(self, limit):
        """A line of the chunked framing, without its CRLF."""
        conn = self.conn
        while True:
            at = conn.buf.find(b"\n")
            if at > limit or at < 0 and len(conn.buf) > limit:
                self.refuse("a line of the chunked body is over %d bytes" % limit)
            if at >= 0:
                break
            yield from self.fill()
        line = conn.buf[:at]
        conn.buf = conn.buf[at + 1 :]
        if line[-1:] != b"\r" or b"\r" in line[:-1]:
            self.refuse("a line of the chunked body does not end in CRLF")
        return line[:-1]

    def refuse(self, why, status=400):
        self.ended = True
        self.conn.keep = False
        raise Refusal(status, why)

    @coroutine
    def advance(self):
        """Reads the framing up to the next byte of the body, or its end."""
        if self.left or self.ended:
            return
        if self.total and (yield from self.line(1)):
            self.refuse("no CRLF after a chunk")
        line = yield from self.line(MAX_LINE)
        size = line.split(b";")[0].rstrip(b" \t")
        if not size or size.strip(b"0123456789abcdefABCDEF"):
            self.refuse("a malformed chunk size")
        if len(size) > 15:
            self.refuse("a chunk size of %d digits" % len(size))
        size = int(size, 16)
        self.total += size
        if self.total > self.conn.app.max_body:
            self.refuse("a chunked body over %d bytes" % self.conn.app.max_body, 413)
        self.left = size
        if not size:
            self.ended = True
            trailers = MAX_LINE
            while True:
                line = yield from self.line(max(trailers, 1))
                if not line:
                    return
                trailers -= len(line)

    @coroutine
    def read(self, n=-1):
        """At most `n` bytes, all of the body for -1; b"" at its end."""
        if n < 0:
            parts = []
            room = self.conn.app.max_read
            while True:
                part = yield from self.read(BLOCK)
                if not part:
                    return b"".join(parts)
                parts.append(part)
                room -= len(part)
                if room < 0 or self.left > room:
                    self.refuse("a body to be read at once over %d bytes" % self.conn.app.max_read, 413)
        if self.head:
            part = self.head[:n]
            self.head = self.head[n:]
            return part
        yield from self.advance()
        if self.ended or not n:
            return b""
        conn = self.conn
        if not conn.buf:
            yield from self.fill()
        n = min(n, self.left)
        part = conn.buf[:n]
        conn.buf = conn.buf[len(part) :]
        self.left -= len(part)
        if not self.left and not self.chunked:
            self.ended = True
        return part

    @coroutine
    def readexactly(self, n):
        """`n` bytes; EOFError where the body is shorter."""
        parts = []
        while n > 0:
            part = yield from self.read(n)
            if not part:
                raise EOFError
            parts.append(part)
            n -= len(part)
        return b"".join(parts)

    @coroutine
    def readinto(self, buf):
        """Reads into `buf`; the number of bytes, 0 at the end."""
        part = yield from self.read(len(buf))
        buf[: len(part)] = part
        return len(part)

    @coroutine
    def readline(self):
        """A line with its end, or what is left; b"" at the end of the body."""
        parts = []
        while True:
            ready = self.head or self.conn.buf
            at = ready.find(b"\n")
            part = yield from self.read(at + 1 if at >= 0 else max(1, len(ready)))
            parts.append(part)
            if not part or part[-1:] == b"\n":
                return b"".join(parts)

    def before_answer(self):
        """An answer begins: what is asked to be continued and is not read will not come."""
        if self.expects and not self.ended:
            self.conn.keep = False

    @coroutine
    def drain(self):
        """Skips what the handler left, so that the next request begins where it does."""
        self.head = b""
        if self.expects:
            return
        try:
            while (yield from self.read(BLOCK)):
                pass
        except (Refusal, OSError):
            self.conn.keep = False
