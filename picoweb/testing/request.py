"""What the test client sends: the target, header fields, cookies, forms and files of a request."""
import ujson
import utime

PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"  # RFC 3986 2.3
IN_TARGET = PLAIN + b"%/?:@!$&'()*+,;=[]"
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
DATA = (str, bytes, bytearray, memoryview)


def encode(client, method, path, query=None, headers=None, body=None, json=None, data=None, files=None):
    """(target, pieces) of a request; ValueError for what cannot be sent."""
    if path[:1] != "/" and path != "*":
        raise ValueError("a path begins with a slash: %r" % path)
    path = quote(path.partition("#")[0], IN_TARGET)
    if query:
        path += ("&" if "?" in path else "?") + encode_form(query)
    kind, body = encode_body(method, body, json, data, files)
    known = isinstance(body, DATA)
    given = lines(headers)
    names = [to_bytes(name).lower() for name, _ in given]
    framed = body is None or b"content-length" in names or b"transfer-encoding" in names
    fields = b""
    for name, value in (
        ("Host", "localhost"),
        ("Cookie", client.cookies.field(path)),
        ("Content-Type", kind),
        ("Content-Length", str(len(body)) if known and not framed else None),
        ("Transfer-Encoding", None if known or framed else "chunked"),
    ):
        if value and name.lower().encode() not in names:
            fields += field(name, value)
    for name, value in given:
        fields += field(name, value)
    head = b"%s %s HTTP/1.1\r\n%s\r\n" % (method.encode(), path.encode(), fields)
    parts = (body,) if known else iter(body or ())
    return path, pieces(head, parts, not known and not framed)


def check(text):
    """Return str or bytes as bytes; ValueError for CR, LF or NUL."""
    text = to_bytes(text)
    if b"\r" in text or b"\n" in text or b"\0" in text:
        raise ValueError("CR, LF or NUL in a header")
    return text


def field(name, value):
    """Return a header line."""
    name = check(name)
    if not name or b":" in name or b" " in name:
        raise ValueError("a malformed header name")
    return b"%s: %s\r\n" % (name, check(str(value) if isinstance(value, int) else value))


def lines(headers):
    """Return (name, value) of a dict, of an iterable of pairs, or of a block of lines that end in CRLF."""
    if isinstance(headers, DATA):
        found = []
        for line in to_bytes(headers).split(b"\r\n"):
            name, colon, value = line.partition(b":")
            if line and not colon:
                raise ValueError("a malformed header line")
            if line:
                found.append((name, value.strip()))
        return found
    return list(headers.items() if hasattr(headers, "items") else headers or ())


def pieces(head, parts, chunked):
    """What is sent piece by piece, made when the app reads it."""
    yield head
    for part in parts:
        part = to_bytes(part)
        yield b"%x\r\n%s\r\n" % (len(part), part) if chunked and part else part
    if chunked:
        yield b"0\r\n\r\n"


def encode_body(method, body, json, data, files):
    """(content type, body), None for no body."""
    if (body is not None) + (json is not None) + (data is not None or files is not None) > 1:
        raise ValueError("a request has one of body, json, and data with files")
    if json is not None:
        return "application/json", ujson.dumps(json).encode()
    if files is not None:
        return encode_files(data or {}, files)
    if data is not None:
        return "application/x-www-form-urlencoded", encode_form(data).encode()
    if body is None and method in ("POST", "PUT", "PATCH"):
        body = b""
    return None, to_bytes(body) if isinstance(body, DATA) else body


def to_bytes(data):
    return data.encode() if isinstance(data, str) else bytes(data)


def quote(text, plain=PLAIN):
    """Percent-encodes what is not among the bytes `plain`."""
    return "".join([chr(c) if c in plain else "%%%02X" % c for c in to_bytes(text)])


def pairs(values):
    """(key, value) of a dict in which a list stands for a repeated key; a value is str, bytes or True."""
    for key, value in values.items():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            yield key, one if one is True or isinstance(one, DATA) else str(one)


def encode_form(values):
    """application/x-www-form-urlencoded; True stands for a key without "="."""
    return "&".join([quote(key) + ("" if value is True else "=" + quote(value)) for key, value in pairs(values)])


def encode_files(data, files):
    """(content type, body) of multipart/form-data (RFC 7578)."""
    parts = [('name="%s"' % quote_name(name), to_bytes(value)) for name, value in pairs(data)]
    for name, several in files.items():
        for file in several if isinstance(several, list) else (several,):
            if len(file) != 3:
                raise ValueError("a file is (filename, bytes, content type)")
            about = 'name="%s"; filename="%s"\r\nContent-Type: %s' % (quote_name(name), quote_name(file[0]), file[2])
            parts.append((about, to_bytes(file[1])))
    boundary = b"picoweb-part"
    while any([boundary in content for _, content in parts]):
        boundary += b"-"
    body = b""
    for about, content in parts:
        body += b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary, about.encode(), content)
    return "multipart/form-data; boundary=" + boundary.decode(), body + b"--%s--\r\n" % boundary


def quote_name(name):
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def join(path, where):
    """The target that a Location means at `path`; None on another host."""
    where = where.partition("#")[0]
    scheme, colon, rest = where.partition("://")
    if colon and "/" not in scheme and "?" not in scheme:
        where = "//" + rest
    if where[:2] == "//":
        host, _, rest = where[2:].partition("/")
        if host != "localhost":
            return None
        where = "/" + rest
    path = path.partition("?")[0]
    if where[:1] in ("", "?"):
        return path + where
    where, question, query = where.partition("?")
    if where[0] != "/":
        where = path[: path.rfind("/") + 1] + where
    parts = []
    for part in where[1:].split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    if where.endswith("/.") or where.endswith("/.."):
        parts.append("")
    return "/" + "/".join(parts) + question + query


class Cookies:
    """Cookies by name, as in a dict; what a test sets itself is sent to every path."""

    def __init__(self):
        self.kept = {}  # (name, path): value

    def keep(self, fields, path):
        """Takes the Set-Cookie fields of the answer at `path`; the result is a dict of what they set."""
        found = {}
        for text in fields:
            pair, *attributes = text.split(";")
            name, equals, value = map(str.strip, pair.partition("="))
            if not equals:
                continue
            said = {}
            for attribute in attributes:
                key, _, about = map(str.strip, attribute.partition("="))
                said[key.lower()] = about
            where = said.get("path", "")
            if where[:1] != "/":  # RFC 6265 5.1.4
                where = path.partition("?")[0]
                where = where[: where.rfind("/")] or "/"
            if is_over(said):
                self.kept.pop((name, where), None)
            else:
                self.kept[name, where] = found[name] = value
        return found

    def field(self, path):
        """What is sent to a path: the cookies of longer paths come first."""
        path = path.partition("?")[0]
        fit = [
            (len(where), "%s=%s" % (name, value))
            for (name, where), value in self.kept.items()
            if path == where or path.startswith(where.rstrip("/") + "/")
        ]
        return "; ".join([pair for _, pair in sorted(fit, key=lambda sent: -sent[0])])

    def items(self):
        """All as (name, value)."""
        return [(name, value) for (name, _), value in self.kept.items()]

    def get(self, name, default=None):
        """The value of a cookie."""
        return dict(self.items()).get(name, default)

    def clear(self):
        """Forgets all."""
        self.kept.clear()

    def __contains__(self, name):
        return name in dict(self.items())

    def __getitem__(self, name):
        return dict(self.items())[name]

    def __setitem__(self, name, value):
        self.kept[name, "/"] = value

    def __delitem__(self, name):
        for key in [key for key in self.kept if key[0] == name]:
            del self.kept[key]

    def __eq__(self, other):
        return dict(self.items()) == other

    def __repr__(self):
        return repr(dict(self.items()))


def is_over(said):
    """Whether a cookie's attributes delete it: Max-Age, else Expires, has passed."""
    age = said.get("max-age", "")
    if age.lstrip("-").isdigit():
        return int(age) <= 0
    try:
        _, day, month, year, clock, _ = said.get("expires", "").replace("-", " ").split()
        at = [int(n) for n in (year, MONTHS.index(month) // 3 + 1, day)] + [int(n) for n in clock.split(":")]
    except ValueError:
        return False
    return at < max(list(utime.gmtime()[:6]), [2024])  # a board's clock may not be set
