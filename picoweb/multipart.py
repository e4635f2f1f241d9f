"""Forms with files (multipart/form-data, RFC 7578) as a stream: of an upload of any size, a block is in memory."""
from .body import Reader
from .head import check_fields, check_line_ends, refuse
from .request import parse_headers
from .saving import NewFile, safe_name
from .stream import BLOCK, coroutine
from .utils import unquote_plus


def parameters(value):
    """What a field's value names: "form-data; name=x" has the keys "form-data" and "name"."""
    found = {}
    quoted = False
    try:
        pieces = value.replace(b'\\"', b"\0").decode().split('"')
    except UnicodeError:
        refuse("a name is not UTF-8")
    for piece in pieces:
        if quoted:
            found[name] = piece.replace("\0", '"')
        else:
            for param in piece.split(";"):
                name, _, param = param.partition("=")
                name = name.strip().lower()
                found[name] = param.strip()
        quoted = not quoted
    if not quoted:
        refuse("a quote is not closed")
    return found


class Multipart:
    """The parts of a form, for `async for`: each is this object, moved on. HTTPException 400, 413 or 415."""

    max_parts = 16
    max_head = 512  # bytes of a part's header
    max_fields = 4096  # bytes of all fields together
    max_file = 1 << 20  # bytes of one file
    buf = b"\r\n"
    filename = ""  # None for a field, "" where no file was chosen, and else safe to save the file by

    def __init__(self, req):
        found = parameters(parse_headers(req.conn.fields).get(b"Content-Type", b""))
        boundary = found.get("boundary", "")
        if "multipart/form-data" not in found or not 0 < len(boundary) <= 70:
            refuse("not multipart/form-data with a boundary", 415)
        self.reader = req.reader
        self.delimiter = b"\r\n--" + boundary.encode()
        self.left = self.max_head  # before the first part

    @coroutine
    def fill(self):
        data = yield from self.reader.read(BLOCK)
        if not data:
            refuse("no last boundary")
        self.buf += data

    @coroutine
    def next(self):
        """Moves to the next part: None after the last one. What was not read of the one before is skipped."""
        while (yield from self.read(BLOCK)):
            pass
        if not self.delimiter:
            return
        if self.filename is None:
            self.max_fields = self.left
        self.buf = self.buf[len(self.delimiter) :]
        while True:
            end = self.buf.find(b"\r\n\r\n") + 4
            if self.buf[:2] == b"--":
                self.delimiter = b""
                return
            if end > 3 or len(self.buf) > self.max_head:
                break
            yield from self.fill()
        self.max_parts -= 1
        if not 3 < end <= self.max_head or self.max_parts < 0:
            refuse("too many parts, or too long a header", 413)
        padding, _, fields = self.buf[:end].partition(b"\r\n")
        self.buf = self.buf[end:]
        fields = b"\r\n" + fields
        check_line_ends(fields)
        check_fields(fields)
        self.headers = parse_headers(fields)
        found = parameters(self.headers.get(b"Content-Disposition", b""))
        if padding.strip(b" \t") or "form-data" not in found or "name" not in found:
            refuse("a malformed part")
        self.name = found["name"]
        self.filename = found.get("filename")
        encoded = found.get("filename*", "").split("'")
        if encoded[0].lower() == "utf-8":
            self.filename = unquote_plus(encoded[-1].replace("+", "%2B"))
        self.left = self.max_file
        if self.filename is None:
            self.left = self.max_fields
            self.count(len(self.name))
        elif self.filename:
            self.filename = safe_name(self.filename)
        return self

    def count(self, n):
        self.left -= n
        if self.left < 0:
            refuse("a part is too long", 413)

    @coroutine
    def read(self, n):
        """At most `n` bytes of the part; b"" at its end."""
        delimiter = self.delimiter
        while True:
            at = self.buf.find(delimiter)
            if not at:
                return b""
            if at < 0:
                # The last bytes may be the first ones of a boundary.
                at = len(self.buf) - len(delimiter) + 1
            if at > 0:
                break
            yield from self.fill()
        data = self.buf[: min(n, at)]
        self.buf = self.buf[len(data) :]
        self.count(len(data))
        return data

    readinto = Reader.readinto

    @coroutine
    def text(self):
        """The value of a field."""
        parts = []
        yield from self.save(parts.append)
        try:
            return b"".join(parts).decode()
        except UnicodeError:
            refuse("a field is not UTF-8")

    @coroutine
    def save(self, to):
        """Writes the part to what has write(), or to a function of bytes; into a folder, a str, it answers the path."""
        if isinstance(to, str):
            with NewFile(to, self.filename) as new:
                yield from self.save(new)
                return new.save()
        write = getattr(to, "write", to)
        while True:
            data = yield from self.read(BLOCK)
            if not data:
                break
            result = write(data)
            if hasattr(result, "send"):
                yield from result

    def __aiter__(self):
        return self

    @coroutine
    def __anext__(self):
        if not (yield from self.next()):
            raise StopAsyncIteration
        return self
