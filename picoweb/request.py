"""What a handler asks of a request beyond its first line: header fields, forms, the body in one piece."""
from .http import coroutine, refuse
from .utils import parse_qs as parse


class Headers:
    """Header fields, bytes to bytes, as the client spelled them; looked up in any case (RFC 9110 5.1, 5.3)."""

    def __init__(self, head, at):
        self.head = head
        self.at = at

    def get(self, name, default=None):
        """Return the value of a field; those of a repeated one are joined."""
        head = self.head
        at = self.at
        name = name.lower()
        found = None
        while at < len(head) - 2:
            end = head.find(b"\r\n", at)
            stop = at + len(name)
            if head[stop : stop + 1] == b":" and head[at:stop].lower() == name:
                value = head[stop + 1 : end].strip(b" \t")
                found = value if found is None else found + (b"; " if name == b"cookie" else b", ") + value
            at = end + 2
        return default if found is None else found

    def __contains__(self, name):
        return self.get(name) is not None

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def keys(self):
        """Return the names, each once."""
        seen = {}
        for line in self.head[self.at : -4].split(b"\r\n"):
            name, colon, _ = line.partition(b":")
            if colon:
                seen.setdefault(name.lower(), name)
        return list(seen.values())

    def items(self):
        """Return (name, value) of all fields."""
        return [(name, self.get(name)) for name in self.keys()]

    def values(self):
        """Return the values of all fields."""
        return [self.get(name) for name in self.keys()]

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())


def parse_headers(head, at=11):
    """Return the Headers of a section whose first field is at `at`."""
    return Headers(head, at)


def field(req, name):
    """Return a header field of a request, b"" if there is none; also where the route has no req.headers."""
    return parse_headers(req.conn.head).get(name, b"")


extra = property(lambda req: req.route[2] if len(req.route) > 2 else {})  # the options of the request's route


def headers(req):
    """The Headers of a request; AttributeError if its route or app has them skipped or left."""
    if req.extra.get("headers", req.app.headers_mode) != "parse":
        raise AttributeError("headers")
    return parse_headers(req.conn.head)


def parse_qs(req):
    """Fill req.form from the query string."""
    req.form = parse(req.qs)
    return ()  # for those who `yield from` it


@coroutine
def read_form_data(req):
    """Fill req.form from an urlencoded body; HTTPException 415 for JSON or multipart, 400 if it is not UTF-8."""
    conn = req.conn
    if conn.left or conn.total is not None:
        kind = field(req, b"content-type").lower()
        if b"json" in kind or b"multipart/" in kind:
            refuse("no urlencoded form: for multipart use with_form", 415)
        try:
            req.form = parse((yield from readexactly(conn)).decode())
        except UnicodeError:
            refuse("a form that is not UTF-8")
    elif not hasattr(req, "form"):
        req.form = {}


@coroutine
def readexactly(conn, n=-1):
    """Read `n` bytes, or all of the body; EOFError if it is shorter, Refusal 413 over max_read."""
    data = b""
    while n < 0 or len(data) < n:
        conn.limit(n if n >= 0 else len(data) + conn.left, conn.app.max_read)
        part = yield from conn.read(n - len(data) if n >= 0 else 768)
        if not part:
            if n >= 0:
                raise EOFError
            break
        data = data + part if data else part
    return data


read_whole = readexactly
