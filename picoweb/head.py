"""The strict reading of a request's head (RFC 9112), for all that is out of the ordinary."""
from .errors import Refusal
from .response import reset

DIGITS = b"0123456789"
TOKEN = DIGITS + b"!#$%&'*+-.^_`|~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_FIELDS = 64
MAX_HOST = 255  # bytes; RFC 1035
checked = [None, None]  # the fields that were found well last, and what they say: clients repeat themselves


def refuse(why, status=400):
    raise Refusal(status, why)


def check_line_ends(buf):
    if buf.count(b"\n") != buf.count(b"\r\n"):
        refuse("a line ends in a bare LF")


def refuse_partial(buf, max_head):
    """Says what is wrong with what is there of a head."""
    check_line_ends(buf[:max_head])
    if not buf:
        refuse("nothing but empty lines")
    if 0 <= buf.find(b"\r\n") <= max_head:
        refuse("the head is over %d bytes" % max_head, 431)
    refuse("the request line is over %d bytes" % max_head, 414)


def check_head(conn, line):
    """Reads `conn.fields` and the request line's parts; sets what they say of the connection and the body."""
    reset(conn)
    conn.keep = False  # until it is known to be well
    check_line_ends(conn.fields)
    if len(line) != 3 or not line[0] or line[0].encode().strip(TOKEN):
        refuse("a malformed request line")
    method, target, version = line
    check_version(version)
    conn.http11 = version != "HTTP/1.0"
    if not target or min(target) <= " " or max(target) >= "\x7f":
        refuse("a malformed target")
    if conn.fields != checked[0]:
        checked[1] = check_fields(conn.fields)
        checked[0] = conn.fields
    found = checked[1]
    host = found.get(b"host")
    if host is None and conn.http11:
        refuse("no Host")
    if target[:7].lower() == "http://" or target[:8].lower() == "https://":
        authority, slash, path = target.partition("://")[2].partition("/")
        authority, question, query = authority.partition("?")
        target = "/" + path if slash else "/" + question + query
        host = authority.encode()
        if not host:
            refuse("a malformed Host")
        conn.fields = replace_host(conn.fields, host)
    elif target[0] != "/" and not (target == "*" and method == "OPTIONS"):
        refuse("a malformed target")
    if host and (len(host) > MAX_HOST or not is_host(host)):
        refuse("a malformed Host")
    options = [option.strip() for option in found.get(b"connection", b"").lower().split(b",")]
    check_body(conn, found)
    conn.keep = b"close" not in options and (conn.http11 or b"keep-alive" in options)
    return method, target


def is_host(host):
    """Whether it is a name or an address, with or without a port."""
    if host[:1] == b"[":
        name, closed, port = host[1:].partition(b"]")
        return closed and not name.strip(DIGITS + b"abcdefABCDEF:.") and port[:1] in (b"", b":") and not port[1:].strip(DIGITS)
    name, _, port = host.partition(b":")
    return not name.strip(TOKEN + b"(),;=") and not port.strip(DIGITS)


def check_version(version):
    parts = version[5:].split(".")
    if version[:5] != "HTTP/" or len(parts) != 2 or not all(len(p) == 1 and p.isdigit() for p in parts):
        refuse("a malformed HTTP version")
    if parts[0] != "1":
        refuse("HTTP version " + version[5:], 505)


def check_fields(fields):
    """The values of the fields that matter here, by name in lower case."""
    found = {}
    if b"\0" in fields or fields.count(b"\r") != fields.count(b"\r\n"):
        refuse("a malformed header")
    lines = fields[2:-4].split(b"\r\n") if len(fields) > 4 else ()
    if len(lines) > MAX_FIELDS:
        refuse("over %d header fields" % MAX_FIELDS, 431)
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip(TOKEN):  # a folded line begins with a space, which is no token
            refuse("a malformed header")
        name = name.lower()
        if name in (b"host", b"content-length", b"transfer-encoding", b"expect", b"connection"):
            value = value.strip(b" \t")
            if name in found:
                if name in (b"host", b"content-length"):
                    refuse("two of " + name.decode())
                value = found[name] + b"," + value
            found[name] = value
    return found


def replace_host(fields, host):
    """The host of an absolute target wins over the field (RFC 9112 3.2.2)."""
    lines = [line for line in fields[2:-4].split(b"\r\n") if line[:5].lower() != b"host:"]
    return b"\r\nHost: %s\r\n%s\r\n\r\n" % (host, b"\r\n".join(lines))


def check_body(conn, found):
    """Prepares the reader of a body (RFC 9112 6.3)."""
    length = found.get(b"content-length")
    coding = found.get(b"transfer-encoding")
    expect = found.get(b"expect", b"").lower()
    if expect not in (b"", b"100-continue"):
        refuse("an unknown expectation", 417)
    if coding is not None:
        if length is not None:
            refuse("Transfer-Encoding and Content-Length together")
        if not conn.http11:
            refuse("a malformed transfer coding")
        codings = [c.strip() for c in coding.lower().split(b",")]
        if b"" in codings:
            refuse("a malformed transfer coding")
        if any(c != b"chunked" for c in codings):
            refuse("an unknown transfer coding", 501)
        if len(codings) != 1:
            refuse("a malformed transfer coding")
        size = None
    elif length is not None:
        if not length.isdigit() or len(length) > 18:
            refuse("a malformed Content-Length")
        size = int(length)
        if size > conn.app.max_body:
            refuse("a body over %d bytes" % conn.app.max_body, 413)
    else:
        size = 0
    if size != 0:
        from .body import Reader

        conn.body = Reader(conn, size, conn.http11 and expect != b"")
