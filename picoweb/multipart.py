"""Forms with files (multipart/form-data, RFC 7578) as a stream: of an upload of any size, a block is in memory."""
from .http import TOKEN, coroutine, refuse
from .reader import readinto
from .request import Headers
from .saving import NewFile, safe_name
from .utils import unquote

BLOCK = 768  # bytes of the body that are read at once


def text(data):
    """Return bytes as a str; Refusal 400 if they are not UTF-8."""
    try:
        return data.decode()
    except UnicodeError:
        refuse("a form that is not UTF-8")


def parameters(value):
    """Return what a field's value names, in bytes: b"form-data; name=x" has the keys b"form-data" and b"name"."""
    found = {}
    quoted = False
    for piece in value.replace(b'\\"', b"\0").split(b'"'):
        if quoted:
            found[name] = piece.replace(b"\0", b'"')
        else:
            for param in piece.split(b";"):
                name, _, param = param.partition(b"=")
                name = name.strip(b" \t").lower()
                found[name] = param.strip(b" \t")
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
        found = parameters(Headers(req.conn.header_section()).get(b"Content-Type", b""))
        boundary = found.get(b"boundary", b"")
        text(boundary)
        if b"multipart/form-data" not in found or not 0 < len(boundary) <= 70:
            refuse("not multipart/form-data with a boundary", 415)
        self.reader = req.reader
        self.delimiter = b"\r\n--" + boundary
        self.left = self.max_head  # before the first part

    @coroutine
    def fill(self):
        """Have more of the body in `buf`."""
        data = yield from self.reader.read(BLOCK)
        if not data:
            refuse("no last boundary")
        self.buf += data

    @coroutine
    def next(self):
        """Move to the next part, None after the last one; what was not read of the one before is skipped."""
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
        for line in fields[:-4].split(b"\r\n"):
            name, colon, _ = line.partition(b":")
            if not colon or not name or text(name).strip(TOKEN) or b"\r" in line or b"\n" in line or b"\0" in line:
                refuse("a malformed header of a part")
        self.headers = Headers(fields, 0)
        found = parameters(self.headers.get(b"Content-Disposition", b""))
        if padding.strip(b" \t") or b"form-data" not in found or b"name" not in found:
            refuse("a malformed part")
        self.name = text(found[b"name"])
        self.filename = found.get(b"filename")
        encoded = found.get(b"filename*", b"").split(b"'")
        if encoded[0].lower() == b"utf-8":
            name = text(encoded[-1])
            self.filename = unquote(name, name)
        elif self.filename is not None:
            self.filename = text(self.filename)
        self.left = self.max_file
        if self.filename is None:
            self.left = self.max_fields
            self.count(len(found[b"name"]))
        elif self.filename:
            self.filename = safe_name(self.filename)
        return self

    def count(self, n):
        """Take `n` bytes of what this part may have; Refusal 413."""
        self.left -= n
        if self.left < 0:
            refuse("a part is too long", 413)

    @coroutine
    def read(self, n):
        """Read at most `n` bytes of the part; b"" at its end."""
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

    readinto = readinto

    @coroutine
    def text(self):
        """Return the value of a field."""
        parts = []
        yield from self.save(parts.append)
        return text(b"".join(parts))

    @coroutine
    def save(self, to):
        """Write the part to what has write(), or to a function of bytes; or into a folder, a str: return the path."""
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
