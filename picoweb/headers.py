"""The status line and the header fields of a response."""
from .stream import coroutine
from .response import EPIPE, is_started, slow

# RFC 9110 15, and those registered since.
REASONS = """
100 Continue\n101 Switching Protocols\n200 OK\n201 Created\n202 Accepted\n204 No Content\n206 Partial Content
301 Moved Permanently\n302 Found\n303 See Other\n304 Not Modified\n307 Temporary Redirect\n308 Permanent Redirect
400 Bad Request\n401 Unauthorized\n403 Forbidden\n404 Not Found\n405 Method Not Allowed\n406 Not Acceptable
408 Request Timeout\n409 Conflict\n410 Gone\n411 Length Required\n412 Precondition Failed\n413 Content Too Large
414 URI Too Long\n415 Unsupported Media Type\n416 Range Not Satisfiable\n417 Expectation Failed\n418 I'm a Teapot
421 Misdirected Request\n422 Unprocessable Content\n426 Upgrade Required\n428 Precondition Required\n429 Too Many Requests
431 Request Header Fields Too Large\n500 Internal Server Error\n501 Not Implemented\n502 Bad Gateway
503 Service Unavailable\n504 Gateway Timeout\n505 HTTP Version Not Supported\n507 Insufficient Storage
"""
CLASSES = ("Informational", "Success", "Redirection", "Client Error", "Server Error")


def reason(status):
    """The reason phrase of a status (int)."""
    at = REASONS.find("\n%d " % status)
    if at < 0:
        return CLASSES[status // 100 - 1]
    return REASONS[at + 5 : REASONS.find("\n", at + 1)]


def check(text):
    """`text` as bytes; ValueError for CR, LF or NUL, which would let it forge other fields."""
    if isinstance(text, str):
        text = text.encode()
    if b"\r" in text or b"\n" in text or b"\0" in text:
        raise ValueError("CR, LF or NUL in a header")
    return text


def field(name, value):
    """One header line."""
    name = check(name)
    if not name or b":" in name or b" " in name:
        raise ValueError("a malformed header name")
    if isinstance(value, int):
        value = str(value)
    return b"%s: %s\r\n" % (name, check(value))


def lines(headers):
    """(name, value) of a dict, of an iterable of pairs, or of a block of lines that end in CRLF."""
    if isinstance(headers, (str, bytes, bytearray)):
        if isinstance(headers, str):
            headers = headers.encode()
        block = bytes(headers)
        if block and block[-2:] != b"\r\n":
            raise ValueError("header lines end in CRLF")
        for line in block[:-2].split(b"\r\n") if block else ():
            name, colon, value = line.partition(b":")
            if not colon:
                raise ValueError("a malformed header line")
            yield name, value.strip()
    elif headers:
        for name, value in headers.items() if hasattr(headers, "items") else headers:
            yield name, value


def start_now(conn, content_type, status, headers):
    if conn.closed or conn.broken:
        raise OSError(EPIPE)
    if is_started(conn):
        raise RuntimeError("the response has begun")
    code, _, phrase = str(status).partition(" ")
    if len(code) != 3 or not code.isdigit() or not "100" <= code < "600":
        raise ValueError("a malformed status")
    phrase = check(phrase or reason(int(code)))
    date = conn.app.date
    length = None
    close = False
    block = b""
    for pair in (conn.extra, headers):
        for name, value in lines(pair):
            lower = (name.decode() if isinstance(name, bytes) else name).lower()
            line = field(name, value)
            if lower == "content-length":
                length = int(value)
                if length < 0:
                    raise ValueError("a malformed Content-Length")
            elif lower == "connection":
                close = b"close" in line.lower()
                if not close and code == "101":
                    block += line
            elif lower == "transfer-encoding":
                raise ValueError("Transfer-Encoding is the server's to say")
            else:
                if lower == "content-type":
                    content_type = None
                elif lower == "date":
                    date = b""
                block += line
    if content_type:
        block = field("Content-Type", content_type) + block
    slow(conn)
    conn.extra = b""
    conn.status = int(code)
    conn.length = length
    if close:
        conn.keep = False
    conn.head = b"HTTP/1.1 %s %s\r\n%s%s" % (code.encode(), phrase, date, block)


@coroutine
def start(conn, content_type, status, headers):
    """What start_response() does beyond a plain 200; ValueError for what must not reach the wire."""
    start_now(conn, content_type, status, headers)
    return
    yield
