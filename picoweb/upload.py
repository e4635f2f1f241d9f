"""One file as the body of requests, new firmware say: to a path or a block device, checked, and whole or not there."""
from ubinascii import b2a_base64, hexlify
import uhashlib

from .http import Refusal, coroutine, refuse
from .request import Headers
from .saving import NewFile


class Upload:
    """Where uploads go, one at a time: a path, or an object with writeblocks() and ioctl().

    `max_size` in bytes; a device has its own. With `resumable`, what has come of a file waits for its rest.
    """

    target = None
    busy = False
    offset = 0  # bytes that have come
    total = None  # bytes of the file, where they were said
    sha256 = ""  # of the last whole file, in hexadecimal

    def __init__(self, to, max_size=1 << 20, resumable=False):
        self.to = to
        self.max_size = max_size if isinstance(to, str) else to.ioctl(4, 0) * block_size(to)
        self.resumable = resumable

    @coroutine
    def receive(self, req, sha256=None):
        """Take a PUT or POST; return the file's size once all of it has come, with the digest that was said of it.

        The digest is `sha256`, in hexadecimal, or the client's Repr-Digest. HTTPException: 202 after a part of the
        file, 204 for HEAD, 409 for a part that does not follow, each with an Upload-Offset; 413, 422, 503, 507.
        """
        headers = Headers(req.conn.header_section())
        if self.resumable and req.method == "HEAD":
            tell(204, self.offset)
        if self.busy:
            raise Refusal(503, "another upload is in progress", {"Retry-After": 1})
        end = self.begin(headers)
        self.busy = True
        keep = False
        try:
            while True:
                keep = self.resumable and self.total
                data = yield from req.reader.read(768)
                keep = False
                if not data:
                    break
                self.take(data, end)
            if self.total is None:
                self.total = self.offset
            elif self.offset < end:
                refuse("%d bytes of %d" % (self.offset, end))
            if self.offset < self.total:
                keep = True
                tell(202, self.offset)
            self.check(sha256, headers.get(b"Repr-Digest", b""))
            self.target.save()
            return self.total
        finally:
            self.busy = False
            if not keep:
                self.drop()

    def begin(self, headers):
        """Prepare for a body; return up to which byte of the file it goes, at most."""
        length = headers.get(b"Content-Length")
        length = None if length is None else int(length)
        if b"Content-Range" in headers:
            first, last, total = content_range(headers[b"Content-Range"])
            if not self.resumable or length not in (None, last + 1 - first):
                refuse("no Content-Range is taken, or it is not as long as the body")
        else:
            first, total = 0, length
            last = (self.max_size if length is None else length) - 1
        if last >= self.max_size or total and total > self.max_size:
            refuse("over %d bytes" % self.max_size, 413)
        if not first:
            self.drop()
            self.hash = uhashlib.sha256()
            self.total = total
            self.target = NewFile(*split(self.to)) if isinstance(self.to, str) else Blocks(self.to)
        elif total != self.total:
            tell(409, 0, "nothing of this file has come")
        elif first != self.offset:
            tell(409, self.offset, "%d bytes of this file have come" % self.offset)
        return last + 1

    def take(self, data, end):
        """Write a piece of the body."""
        if self.offset + len(data) > end:
            refuse("over %d bytes" % end, 413)
        self.target.write(data)
        self.hash.update(data)
        self.offset += len(data)

    def check(self, said, header):
        """Compare the digest with what was said of it; Refusal 422."""
        if not self.offset:
            refuse("an empty body")
        digest = self.hash.digest()
        found = hexlify(digest).decode()
        other = b"sha-256=" in header and b"sha-256=:" + b2a_base64(digest).strip() + b":" not in header
        if other or said and said.lower() != found:
            refuse("the SHA-256 is " + found, 422)
        self.sha256 = found

    def drop(self):
        """Forget what has come of a file."""
        if self.target:
            self.target.drop()
        self.target = self.total = None
        self.offset = 0


def tell(status, offset, why=""):
    """Answer with how much of the file has come."""
    raise Refusal(status, why, {"Upload-Offset": offset})


def split(path):
    """Return the folder of a path, with its slash, and the name."""
    at = path.rfind("/") + 1
    return path[:at], path[at:]


def content_range(value):
    """Return (first, last, total) of a Content-Range (RFC 9110 14.4); Refusal 400."""
    unit, _, value = value.partition(b" ")
    span, _, total = value.partition(b"/")
    first, _, last = span.partition(b"-")
    numbers = [int(n) if n.isdigit() and len(n) < 16 else -1 for n in (first, last, total)]
    if unit.lower() != b"bytes" or not 0 <= numbers[0] <= numbers[1] < numbers[2]:
        refuse("a malformed Content-Range")
    return numbers


def block_size(device):
    """Return the bytes of a device's block."""
    return device.ioctl(5, 0) or 512


class Blocks:
    """A block device, written as a NewFile is; what is left of its last block is 0xff."""

    def __init__(self, device):
        self.device = device
        self.buf = bytearray(block_size(device))
        self.used = self.block = 0

    def write(self, data):
        """Write to the block in progress, and on."""
        while data:
            part = data[: len(self.buf) - self.used]
            data = data[len(part) :]
            self.buf[self.used : self.used + len(part)] = part
            self.used += len(part)
            if self.used == len(self.buf):
                self.flush()

    def flush(self):
        """Write the block that is full."""
        error = self.device.writeblocks(self.block, self.buf)
        if error:
            raise OSError(-error)
        self.block += 1
        self.used = 0

    def save(self):
        """Write the last block, and have the device finish."""
        while self.used:
            self.write(b"\xff")
        self.device.ioctl(3, 0)

    def drop(self):
        """What was written to a device stays: the app does not use it."""
