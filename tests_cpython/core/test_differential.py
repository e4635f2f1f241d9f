"""The parser beside h11's: mutated requests are served, or not, as h11 has it, but for the differences listed here."""

import itertools
import random
import re

import h11
import pytest

from conftest import PRESENT
from picoweb import WebApp
from picoweb.http import Connection, Lost, Refusal

SEED = 12
FEW, MANY = 6000, 400000
ON_THE_WIRE = 400
REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /a/b?c=d&e=%20f HTTP/1.1\r\nHost: x:80\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nhost:x\r\nX-Empty:\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n",
    b"GET http://y:8080/a?b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n1;a=b\r\nf\r\n0\r\n\r\n",
    b"PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n000\r\nX-Last: 1\r\n\r\n",
]
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"/", b"?", b"#", b"*", b"%", b"\0", b"\x0b", b"\x7f", b"\x80", b"\xc3\xa9",
    b"0", b"1", b"-1", b"+1", b"0x1", b"1_0", b"\r\n\r\n", b"\r\n ", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1",
    b"Content-Length: 5\r\n", b"Content-Length: 3\r\n", b"Content-Length : 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: chunked, chunked\r\n", b"Transfer-Encoding: identity\r\n", b"Host: y\r\n",
    b"Connection: close\r\n", b"Connection: close, x\r\n", b"Connection: xclose\r\n", b"Expect: x\r\n", b"X: " + b"a" * 60 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"0\r\n\r\n", b"ffffffff", b"CONNECT", b"OPTIONS", b"https://", b"ftp://", b"",
]


def mutated(draw):
    """Return one or two requests with some changes."""
    data = b"".join(draw.choice(REQUESTS) for _ in range(draw.choice((1, 1, 2))))
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3))):
        at = draw.randrange(len(data) + 1)
        if draw.random() < 0.4:  # at a line's beginning, or around a colon
            places = [m.end() for m in re.finditer(rb"\r\n|: ?", data)]
            at = draw.choice(places) if places else at
        cut = draw.choice((0, 0, 0, 1, 1, 2, 5))
        data = data[:at] + draw.choice(PIECES) + data[at + cut:]
    return data


# What each has served: a list of (method, path and query, body).


def served_by_h11(data):
    served = []
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    server.receive_data(b"")
    try:
        while True:
            event = server.next_event()
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                served.append((request.method, origin_form(request.target), body))
                server.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                server.send(h11.EndOfMessage())
                if server.our_state is h11.MUST_CLOSE:
                    return served
                server.start_next_cycle()
            else:
                return served
    except h11.RemoteProtocolError:
        return served


def origin_form(target):
    """The path and query of a target."""
    absolute = re.fullmatch(rb"(?i)https?://[^/?#]*([^#]*)(#.*)?", target)
    if absolute:
        target = absolute[1]
        return target if target[:1] == b"/" else b"/" + target
    return target


class Pieces:
    """A stream of what arrives in pieces of these sizes."""

    def __init__(self, data, sizes):
        self.data = data
        self.sizes = sizes

    def readinto(self, buf):
        n = min(len(buf), len(self.data), next(self.sizes))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, data):
        return len(data)

    def close(self):
        pass


class InMemory(Connection):
    def ready(self, writing):
        return None


def result(steps):
    """Run a coroutine that never has to wait."""
    try:
        while True:
            steps.send(None)
    except StopIteration as e:
        return e.value


def served_by_picoweb(data, app, sizes):
    """Return what is served, and where the first request begins of which something is the reason to serve no more."""
    served = []
    at = 0
    stream = Pieces(data, sizes)
    conn = InMemory(app, stream, stream)
    try:
        while conn.keep:
            req = result(conn.next())
            if not req:
                break
            body = b""
            while conn.left or conn.total is not None:
                body += result(conn.read(1000))
            served.append((req.method.encode(), req.target.encode(), body))
            conn.req = None
            if conn.expects and (conn.left or conn.total is not None):  # as answer() has it
                break
            at = len(data) - len(stream.data) - len(conn.buf)
    except (Refusal, Lost):
        pass
    return served, at


HOST = rb"([!$&'*+\-._~%0-9a-z]*|\[[:.0-9a-f]+\])(:\d*)?"
# Where picoweb serves less, in what it has not served: it refuses what others may read in another way, or what it cannot do.
STRICTER = [(why, re.compile(b"(?is)" + pattern)) for why, pattern in [
    ("a line ends with CR LF, not with LF", rb"(^|[^\r])\n"),
    ("a bare CR is nowhere", rb"\r(?!\n)"),
    ("no field goes on in the next line", rb"\r\n[ \t]"),
    ("CONNECT is 501", rb"^(\r\n)*CONNECT "),
    ("a target is a path, an http URL, or * of OPTIONS", rb"^(\r\n)*(?!OPTIONS \* )\S* (?!/|https?://)\S+ HTTP/\d"),
    ("an authority is a host and a port", rb" https?://(?!" + HOST + rb"[/?# ])"),
    ("an authority is not empty", rb" https?://[:/?# ]"),
    ("Host is a host and a port", rb"\r\nhost:(?![ \t]*" + HOST + rb"[ \t]*\r\n)"),
    ("there is no other expectation than 100-continue", rb"\r\nexpect:(?![ \t]*100-continue[ \t]*\r\n)"),
    ("HTTP/1 alone", rb" HTTP/[02-9]\.\d\r\n"),
    ("a body has one framing", rb"\r\n(content-length|transfer-encoding):.*\r\n(content-length|transfer-encoding):"),
    ("what it reads of a head is UTF-8", rb"\r\n(connection|expect|transfer-encoding):[^\r]*[\x80-\xff]"),
    ("a line of a chunk, a trailer too, is UTF-8", rb"\r\n\r\n.*[\x80-\xff]"),
    ("a line of a chunk has no NUL", rb"\r\n\r\n.*\0"),
    ("chunks are HTTP/1.1", rb" HTTP/1\.0\r\n(.*\r\n)?transfer-encoding:"),
]]
# Where picoweb serves more.
LAXER = [(why, re.compile(b"(?is)" + pattern)) for why, pattern in [
    ("empty lines before a request are skipped", rb"\r\n\S* \S+ HTTP/1\.\d\r\n"),
    ("a vertical tab and a form feed are a part of a value", rb":[^\r\n]*[\x0b\x0c]"),
    ("white space may stand behind a chunk's size", rb"\r\n[0-9a-f]+[ \t]+(;|\r\n)"),
    ("trailers say nothing of the framing", rb"\r\n0+\r\n(.*\r\n)?(content-length|transfer-encoding|host):"),
    ("HTTP/1.0 may keep a connection alive", rb" HTTP/1\.0\r\n.*keep-alive"),
]]


def explanation(data, ours, at, theirs):
    """Return why these differ, None if there is no reason."""
    if ours == theirs[:len(ours)]:
        rows, rest = STRICTER, data[at:]
    else:
        rows, rest = LAXER if theirs == ours[:len(theirs)] else [], data
    for why, pattern in rows:
        if pattern.search(rest):
            return why
    return None


@pytest.mark.timeout(600)
def test_what_is_served_is_what_h11_serves(pytestconfig):
    draw = random.Random(SEED)
    app = WebApp(None, serve_static=False)
    sizes = iter(lambda: draw.choice((1, 7, 50, 1000)), None)
    unexplained = []
    for _ in range(MANY if pytestconfig.option.long else FEW):
        data = mutated(draw)
        (ours, at), theirs = served_by_picoweb(data, app, sizes), served_by_h11(data)
        if ours != theirs and not explanation(data, ours, at, theirs):
            unexplained.append((data, ours, theirs))
    assert not unexplained


@pytest.mark.wire
@pytest.mark.parametrize("runtime", [name for name in PRESENT if name.startswith("mp")], indirect=True, scope="session")
def test_the_same_is_served_over_sockets(serve):
    server = serve("differential.py")
    draw = random.Random(SEED)
    app = WebApp(None, serve_static=False)
    for _ in range(ON_THE_WIRE):
        data = mutated(draw)
        with server.connect() as c:
            c.send(data).half_close()
            told = re.findall(rb"\r\nX-Asked: x(\w*) (\S+) (\S+)\r\n", c.everything())
        served = served_by_picoweb(data, app, itertools.repeat(1000))[0]
        assert [(method, target, bytes.fromhex(body.decode())) for body, method, target in told] == served, data
