"""What a request has beyond its first line, made when a handler asks for it."""
from .stream import coroutine
from .utils import parse_qs


def get(req, name):
    """Makes an attribute that HTTPRequest lacks; AttributeError where there is none of that name."""
    if name == "app":
        value = req.conn.app
    elif name == "extra":
        value = {}
    elif name == "headers" and mode(req) == "parse":
        value = parse_headers(req.conn.fields)
    elif name == "reader":
        value = reader(req)
    elif name in ("read_form_data", "parse_qs"):
        f = read_form_data if name == "read_form_data" else parse_query
        return lambda: f(req)
    else:
        raise AttributeError(name)
    setattr(req, name, value)
    return value


def mode(req):
    return req.extra.get("headers") or req.app.headers_mode


def parse_headers(fields):
    """A dict of header lines, names as in Content-Length; what is repeated is joined (RFC 9110 5.3)."""
    headers = {}
    for line in fields[2:-4].split(b"\r\n") if len(fields) > 4 else ():
        name, _, value = line.partition(b":")
        name = b"-".join([upper_first(part) for part in name.split(b"-")])
        value = value.strip(b" \t")
        if name in headers:
            value = headers[name] + (b"; " if name == b"Cookie" else b", ") + value
        headers[name] = value
    return headers


def upper_first(part):
    return part[:1].upper() + part[1:].lower()


def reader(req):
    from .body import Reader

    conn = req.conn
    body = conn.body or Reader(conn)
    if mode(req) == "leave":
        body.head = conn.fields[2:]
    return body


def parse_query(req):
    """Fills req.form from the query string."""
    req.form = parse_qs(req.qs)
    return ()  # for those who `yield from` it


@coroutine
def read_form_data(req):
    """Fills req.form from a body of application/x-www-form-urlencoded; HTTPException 400 where it is not text."""
    data = yield from req.reader.read(-1)
    try:
        req.form = parse_qs(data.decode())
    except UnicodeError:
        from .errors import HTTPException

        raise HTTPException(400, "a form that is not UTF-8")
