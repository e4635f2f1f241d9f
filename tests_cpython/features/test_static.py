"""picoweb.static: validators, ranges, gzip made ahead, folders, resources, and nothing from outside (RFC 9110 8, 13, 14)."""

import gzip
import json
import os
import socket
import time
from email.utils import formatdate

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import picoweb.conditions as conditions
from conftest import ROOT
from core.test_files import FILES, REFUSED
from support.browser import chromium
from support.table import cases
from support.waiting import until

TEXT = b"0123456789" * 10
PAGE = b"<title>the page</title>" + b"<p>again" * 300
SCRIPT = b"let a = 1;\n" * 200
BIG = bytes(range(256)) * 4096  # 1 MB
MTIME = 1735787045  # Thu, 02 Jan 2025 03:04:05 GMT
DATE = formatdate(MTIME, usegmt=True)
ETAG = '"%x-%x"' % (len(TEXT), MTIME)
GZIP = "Accept-Encoding: gzip\r\n"


def pack(data):
    return gzip.compress(data, 9, mtime=0)


def romfs(files):
    """A ROMFS image: a record is a kind, a length and what it holds (MicroPython's extmod/vfs_rom.c)."""

    def number(n):
        return (number(n >> 7)[:-1] + bytes([n >> 7 & 127 | 128]) if n > 127 else b"") + bytes([n & 127])

    def record(kind, name, inside):
        name = number(len(name)) + name.encode()
        return number(kind) + number(len(name + inside)) + name + inside

    def entries(tree):
        for name, content in tree.items():
            if isinstance(content, dict):
                yield record(4, name, b"".join(entries(content)))
            else:
                yield record(5, name, number(2) + number(len(content)) + content)

    inside = b"".join(entries(files))
    length = number(len(inside))
    return b"\xd2\xcd\x31" + (b"\x80" if (len(inside) + len(length)) % 2 == 0 else b"") + length + inside


CONTENT = {
    "a.txt": TEXT,
    "index.html": PAGE,
    "index.html.gz": pack(PAGE),
    "packed.js.gz": pack(SCRIPT),
    "short.txt": b"short",
    "short.txt.gz": b"\x1f\x8b",  # is none
    "both.svg": b"<svg/>" * 99,
    "both.svg.gz": pack(b"<svg/>" * 99),
    "empty.css": b"",
    "big.bin": BIG,
    ".hidden": b"secret",
    ".git/config": b"secret",
    "folder/index.html": b"<p>in a folder",
    "folder/a:b/index.html": b"<p>with a colon",
    "folder/\xe9 t/index.html": b"<p>summer",
    "zipped/index.html.gz": pack(PAGE),
    "bare/note.txt": b"a note",
    "index/index.html/x": b"",
}


@pytest.fixture(scope="session")
def site(folder):
    made = folder / "site"
    for name, content in CONTENT.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (MTIME, MTIME))
    (made / "leak.txt").symlink_to(folder.parent / "outside.txt")
    (made / "leak.css.gz").symlink_to(folder.parent / "outside.txt")
    (made / "leaks").mkdir()
    (made / "leaks" / "index.html").symlink_to(folder.parent / "outside.txt")
    os.mkfifo(made / "fifo.txt")
    tree = {"a.txt": TEXT, "packed.js.gz": pack(SCRIPT), "big.bin": BIG[:20000], "folder": {"index.html": b"<p>in ROM"}}
    (folder / "site.romfs").write_bytes(romfs(tree))
    return made


@pytest.fixture
def web(serve, site):
    return serve("static_files.py")


def ask(server, path, fields="", method="GET"):
    head = "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n" % (method, path, fields)
    return server.ask(head.encode("latin-1"), method)


# What the core serves, and refuses


@pytest.mark.parametrize("path,content_type,content", cases(FILES))
def test_the_route_for_static_files_still_serves(web, path, content_type, content):
    answer = ask(web, path.decode())
    assert (answer.status, answer.body) == (200, content)
    assert answer.get("Content-Type").split(b";")[0] == content_type
    assert answer.get("ETag") and answer.get("Accept-Ranges") == b"bytes"
    assert answer.get("Cache-Control") == b"no-cache"


SERVED = (b"/static", b"/static/", b"/static/folder", b"/static/folder/")  # where there is an index


@pytest.mark.parametrize("prefix", [b"/static/", b"/site/", b"/frozen/"], ids=["static", "folder", "module"])
@pytest.mark.parametrize("path", cases([row for row in REFUSED if row[1] not in SERVED]))
def test_nothing_is_served_from(web, path, prefix):
    path = path.replace(b"/static/", prefix)
    answer = web.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.status in (400, 404)
    for content in (b"secret", b"import picoweb", b"root:", b"color: red"):
        assert content not in answer.body
    assert web.get("/alive").text == "alive"


@pytest.mark.parametrize("path", [path.decode() for path in SERVED])
def test_a_folder_is_none_without_an_index(web, path):
    assert ask(web, path).status == 404


HIDDEN = [
    ("a name that begins with a dot", "/site/.hidden"),
    ("an encoded dot", "/site/%2ehidden"),
    ("a folder whose name begins with a dot", "/site/.git/config"),
    ("a link to a file outside", "/site/leak.txt"),
    ("a gzip that is a link to a file outside", "/site/leak.css"),
    ("an index that is a link to a file outside", "/site/leaks/"),
    ("an index that is a link to a file outside without the slash", "/site/leaks"),
    ("a pipe that nobody writes to", "/site/fifo.txt"),
    ("an index that is a folder", "/site/index/"),
    ("a folder without an index", "/site/bare/"),
    ("a folder without an index or a slash", "/site/bare"),
    ("a file with a slash", "/site/a.txt/"),
    ("a file as a folder", "/site/a.txt/index.html"),
    ("the tag of the resources", "/frozen//"),
    ("a gzip of nothing", "/site/.gz"),
    ("an absolute path", "/site//etc/passwd"),
    ("another app's folder", "/sub/../a.txt"),
    ("a path from a mounted app", "/sub/%2e%2e/a.txt"),
    ("a name as long as the head allows", "/site/" + "a" * 1500),
]


@pytest.mark.parametrize("path", cases(HIDDEN))
def test_there_is_no(web, path):
    for method in ("GET", "HEAD"):
        answer = ask(web, path, GZIP, method)
        assert answer.status in (400, 404)
        assert b"secret" not in answer.body


def test_a_file_is_only_read(web):
    for method in ("PUT", "POST", "DELETE"):
        answer = ask(web, "/site/a.txt", "Content-Length: 0\r\n", method)
        assert answer.status == 405 and b"GET" in answer.get("Allow")


# Headers


TYPES = [
    ("text with a charset", "/site/a.txt", b"text/plain; charset=utf-8"),
    ("a page with a charset", "/site/", b"text/html; charset=utf-8"),
    ("a script", "/site/packed.js", b"text/javascript; charset=utf-8"),
    ("a picture", "/site/both.svg", b"image/svg+xml"),
    ("a picture of a module", "/frozen/logo.png", b"image/png"),
    ("a gzip asked for by its name", "/site/packed.js.gz", b"application/gzip"),
    ("anything", "/site/big.bin", b"application/octet-stream"),
]


@pytest.mark.parametrize("path,content_type", cases(TYPES))
def test_the_type_of(web, path, content_type):
    assert ask(web, path).get("Content-Type") == content_type


CACHES = [
    ("asked for each time where the route does not say", "/site/a.txt", b"no-cache"),
    ("seconds", "/hour/a.txt", b"max-age=3600"),
    ("words", "/never/a.txt", b"no-store"),
    ("of a handler's own", "/one", b"max-age=60"),
]


@pytest.mark.parametrize("path,expected", cases(CACHES))
def test_Cache_Control_is(web, path, expected):
    for fields in ("", "Range: bytes=0-1\r\n", "If-None-Match: *\r\n"):
        assert ask(web, path, fields).get("Cache-Control") == expected


def test_HEAD_says_what_GET_would(web):
    for path in ("/site/a.txt", "/site/big.bin", "/site/empty.css", "/site/packed.js", "/frozen/logo.png"):
        get, head = (ask(web, path, GZIP, method) for method in ("GET", "HEAD"))
        assert head.body == b"" and head.status == 200
        for answer in (get, head):
            answer.headers = [pair for pair in answer.headers if pair[0] not in (b"date", b"server")]
        assert sorted(head.headers) == sorted(get.headers)


@pytest.mark.wire
def test_a_small_file_leaves_in_one_packet(web):
    with web.connect() as c:
        c.send(b"GET /site/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.receive().endswith(TEXT)


def test_files_are_served_on_one_connection(web):
    with httpx.Client(base_url=web.url("")) as client:
        for _ in range(3):
            assert client.get("/site/big.bin").content == BIG
            assert client.head("/site/big.bin").headers["Content-Length"] == str(len(BIG))
            assert client.get("/site/a.txt").content == TEXT
            assert client.get("/site/a.txt", headers={"If-None-Match": ETAG}).status_code == 304
            assert client.get("/site/a.txt", headers={"Range": "bytes=1000-"}).status_code == 416


# gzip


ENCODINGS = [
    ("gzip", "gzip", True),
    ("gzip among others", "deflate, gzip, br", True),
    ("gzip in capitals", "GZIP", True),
    ("gzip by its old name", "x-gzip", True),
    ("gzip with a weight", "gzip;q=0.5, identity;q=1", True),
    ("gzip with a small weight", "gzip;q=0.001", True),
    ("gzip with a whole weight", "gzip;q=1.000", True),
    ("anything", "*", True),
    ("anything but the plain file", "identity;q=0, *", True),
    ("nothing", "", False),
    ("gzip refused", "gzip;q=0", False),
    ("gzip refused with blanks", "gzip ; q=0", False),
    ("gzip refused with zeros", "gzip;q=0.000", False),
    ("gzip refused in capitals", "gzip;Q=0", False),
    ("gzip refused and anything else allowed", "*, gzip;q=0", False),
    ("anything refused", "*;q=0", False),
    ("anything refused but gzip", "*;q=0, gzip", True),
    ("others", "br, deflate", False),
    ("the plain file", "identity", False),
    ("a name that gzip begins", "gzipped", False),
    ("rubbish", ",;=,;q,=;", False),
]


@pytest.mark.parametrize("field,taken", cases(ENCODINGS))
def test_a_client_that_accepts(web, field, taken):
    answer = ask(web, "/site/both.svg", "Accept-Encoding: %s\r\n" % field)
    assert answer.get("Content-Encoding") == (b"gzip" if taken else None)
    assert answer.body == CONTENT["both.svg.gz" if taken else "both.svg"]
    assert answer.get("Vary") == b"Accept-Encoding"
    assert answer.get("Content-Length") == b"%d" % len(answer.body)


@pytest.mark.parametrize("field,taken", cases(ENCODINGS))
def test_where_there_is_only_gzip_a_client_that_accepts(web, field, taken):
    answer = ask(web, "/site/packed.js", "Accept-Encoding: %s\r\n" % field)
    assert answer.status == (200 if taken else 406)
    assert answer.get("Vary") == b"Accept-Encoding"
    assert (gzip.decompress(answer.body) == SCRIPT) if taken else (b"only as gzip" in answer.body)


def test_a_client_that_does_not_say_gets_the_plain_file_if_there_is_one(web):
    assert ask(web, "/site/both.svg").body == CONTENT["both.svg"]
    assert ask(web, "/site/packed.js").get("Content-Encoding") == b"gzip"


def test_a_file_without_a_gzip_does_not_vary(web):
    assert ask(web, "/site/a.txt", GZIP).get("Vary") is None


def test_what_is_too_short_for_gzip_is_none(web):
    assert ask(web, "/site/short.txt", GZIP).body == b"short"


def test_a_gzip_asked_for_by_its_name_is_no_encoding(web):
    answer = ask(web, "/site/packed.js.gz", GZIP)
    assert answer.get("Content-Encoding") is None and answer.body == CONTENT["packed.js.gz"]


def test_the_tag_of_a_gzip_is_its_CRC_and_size_and_not_that_of_the_plain_file(web):
    packed = CONTENT["both.svg.gz"]
    plain, zipped = ask(web, "/site/both.svg"), ask(web, "/site/both.svg", GZIP)
    assert zipped.get("ETag").decode() == '"%x-%s"' % (len(packed), packed[-8:].hex())
    assert plain.get("ETag") != zipped.get("ETag")
    for answer, fields, status in ((zipped, GZIP, 304), (plain, GZIP, 200), (zipped, "", 200)):
        tag = answer.get("ETag").decode()
        assert ask(web, "/site/both.svg", fields + "If-None-Match: %s\r\n" % tag).status == status


# What the client has


CONDITIONS = [
    ("its tag", "If-None-Match: " + ETAG, 304),
    ("its tag as a weak one", "If-None-Match: W/" + ETAG, 304),
    ("its tag among others", 'If-None-Match: "a", W/"b",%s , "c"' % ETAG, 304),
    ("its tag in a second field", 'If-None-Match: "a"\r\nIf-None-Match: ' + ETAG, 304),
    ("whatever there is", "If-None-Match: *", 304),
    ("another tag", 'If-None-Match: "x"', 200),
    ("its tag without quotes", "If-None-Match: " + ETAG.strip('"'), 200),
    ("a tag that begins so", "If-None-Match: " + ETAG[:-2] + '"', 200),
    ("an empty tag", "If-None-Match: ", 200),
    ("no date", "If-None-Match: " + DATE, 200),
    ("its date", "If-Modified-Since: " + DATE, 304),
    ("a later date", "If-Modified-Since: " + formatdate(MTIME + 1, usegmt=True), 304),
    ("a date a month later", "If-Modified-Since: Sat, 01 Feb 2025 00:00:00 GMT", 304),
    ("a date a year later", "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT", 304),
    ("an earlier date", "If-Modified-Since: " + formatdate(MTIME - 1, usegmt=True), 200),
    ("a date a month earlier", "If-Modified-Since: Mon, 30 Dec 2024 23:59:59 GMT", 200),
    ("its date and another tag", 'If-None-Match: "x"\r\nIf-Modified-Since: ' + DATE, 200),
    ("another date and its tag", "If-Modified-Since: %s\r\nIf-None-Match: %s" % (formatdate(0, usegmt=True), ETAG), 304),
    ("a date that is none", "If-Modified-Since: yesterday", 200),
    ("a date of six words", "If-Modified-Since: a b c d e f", 200),
    ("a date in letters", "If-Modified-Since: Thu, 02 Jan zzzz 03:04:05 GMT", 200),
    ("a month that is none", "If-Modified-Since: Thu, 02 anF 2035 03:04:05 GMT", 200),
    ("an empty date", "If-Modified-Since: ", 200),
    ("a date with bytes", "If-Modified-Since: \xff\xfe", 200),
]


@pytest.mark.parametrize("fields,status", cases(CONDITIONS))
def test_a_client_that_has(web, fields, status):
    for method in ("GET", "HEAD"):
        answer = ask(web, "/site/a.txt", fields + "\r\n", method)
        assert answer.status == status
        assert answer.body == (TEXT if status == 200 and method == "GET" else b"")
        assert answer.get("ETag").decode() == ETAG
        assert answer.get("Last-Modified").decode() == DATE


EARLIER = formatdate(MTIME - 1, usegmt=True)
STILL = [
    ("its tag", "If-Match: " + ETAG, 200),
    ("its tag among others", 'If-Match: "x", %s' % ETAG, 200),
    ("any", "If-Match: *", 200),
    ("another tag", 'If-Match: "x"', 412),
    ("a weak tag", "If-Match: W/" + ETAG, 412),
    ("an empty list", "If-Match: ", 412),
    ("its date", "If-Unmodified-Since: " + DATE, 200),
    ("a later date", "If-Unmodified-Since: " + formatdate(MTIME + 1, usegmt=True), 200),
    ("an earlier date", "If-Unmodified-Since: " + EARLIER, 412),
    ("a date that is none", "If-Unmodified-Since: yesterday", 200),
    ("its tag before an earlier date", "If-Match: %s\r\nIf-Unmodified-Since: %s" % (ETAG, EARLIER), 200),
    ("another tag before its own", 'If-Match: "x"\r\nIf-None-Match: ' + ETAG, 412),
    ("its tag twice", "If-Match: %s\r\nIf-None-Match: %s" % (ETAG, ETAG), 304),
    ("an earlier date before its own", "If-Unmodified-Since: %s\r\nIf-Modified-Since: %s" % (EARLIER, DATE), 412),
    ("its tag before a range", "If-Match: %s\r\nRange: bytes=0-9" % ETAG, 206),
    ("another tag before a range", 'If-Match: "x"\r\nRange: bytes=500-', 412),
    ("an earlier date before a range", "If-Unmodified-Since: %s\r\nRange: bytes=0-9" % EARLIER, 412),
]


@pytest.mark.parametrize("fields,status", cases(STILL))
def test_what_is_wanted_only_if_it_is_still(web, fields, status):
    assert ask(web, "/site/a.txt", fields + "\r\n").status == status


def test_what_has_no_tag_is_not_wanted_only_with_one(web):
    assert ask(web, "/untagged/a.txt", 'If-Match: "x"\r\n').status == 412
    assert ask(web, "/untagged/a.txt", "If-Match: *\r\n").status == 200
    assert ask(web, "/untagged/a.txt", "If-Unmodified-Since: %s\r\n" % EARLIER).status == 200


def test_a_304_says_what_caches_need_and_no_type(web):
    answer = ask(web, "/site/both.svg", GZIP + "If-None-Match: *\r\n")
    assert answer.status == 304
    assert answer.get("Vary") and answer.get("Cache-Control") and answer.get("ETag")
    assert not answer.get("Content-Type") and not answer.get("Content-Range")


def test_a_change_of_the_file_changes_the_tag(web, site):
    path = site / "changing.txt"
    seen = set()
    for content, mtime in (("a", MTIME), ("b", MTIME + 1), ("long", MTIME + 1)):
        path.write_text(content)
        os.utime(path, (mtime, mtime))
        seen.add(ask(web, "/site/changing.txt").get("ETag"))
    assert len(seen) == 3


DATES = [
    ("from before clocks were set", 946684800 + 100),
    ("of the epoch", 0),
    ("in the future", int(time.time()) + 86400),
]


@pytest.mark.parametrize("mtime", cases(DATES))
def test_a_date_is_not_told_that_is(web, site, mtime):
    path = site / "dated.txt"
    path.write_text("dated")
    os.utime(path, (mtime, mtime))
    answer = ask(web, "/site/dated.txt")
    assert answer.get("Last-Modified") is None
    assert bool(answer.get("ETag")) == (mtime > 0)
    assert ask(web, "/site/dated.txt", "If-Modified-Since: %s\r\n" % formatdate(mtime, usegmt=True)).status == 200


# Ranges


SIZE = len(TEXT)
RANGES = [
    ("the first bytes", "bytes=0-9", (0, 9)),
    ("one byte", "bytes=5-5", (5, 5)),
    ("the last byte", "bytes=99-99", (99, 99)),
    ("from a byte on", "bytes=90-", (90, 99)),
    ("all", "bytes=0-", (0, 99)),
    ("up to past the end", "bytes=90-500", (90, 99)),
    ("up to far past the end", "bytes=90-" + "9" * 40, (90, 99)),
    ("the last bytes", "bytes=-10", (90, 99)),
    ("more last bytes than there are", "bytes=-1000", (0, 99)),
    ("with zeros", "bytes=0005-0009", (5, 9)),
    ("in capitals", "BYTES=0-9", (0, 9)),
    ("with a blank", "bytes= 0-9 ", (0, 9)),
    ("from the end on", "bytes=100-", 416),
    ("past the end", "bytes=100-200", 416),
    ("far past the end", "bytes=%s-" % ("9" * 40), 416),
    ("no last bytes", "bytes=-0", 416),
    ("several", "bytes=0-1,5-6", None),
    ("several with blanks", "bytes=0-1, -5", None),
    ("several in two fields", "bytes=0-1\r\nRange: bytes=5-6", None),
    ("an end before the beginning", "bytes=9-5", None),
    ("nothing", "", None),
    ("no numbers", "bytes=-", None),
    ("no dash", "bytes=5", None),
    ("no equals sign", "bytes", None),
    ("a word", "bytes=a-b", None),
    ("signs", "bytes=+1-+5", None),
    ("two dashes", "bytes=--5", None),
    ("a negative end", "bytes=1--5", None),
    ("a blank inside", "bytes=1 -5", None),
    ("an underscore", "bytes=1_0-20", None),
    ("hexadecimal", "bytes=0x1-0x5", None),
    ("another unit", "lines=0-9", None),
    ("other digits", "bytes=\xb2-\xb3", None),
]


@pytest.mark.parametrize("field,expected", cases(RANGES))
def test_a_range_of(web, field, expected):
    for path in ("/site/a.txt", "/site/big.bin"):
        content = CONTENT[path[6:]]
        if path != "/site/a.txt" and (expected == 416 or isinstance(expected, tuple) and expected[1] == 99):
            continue  # sizes are of the other one
        check_range(ask(web, path, "Range: %s\r\n" % field), content, expected)
        head = ask(web, path, "Range: %s\r\n" % field, "HEAD")
        assert (head.status, head.get("Content-Length")) == (200, b"%d" % len(content))


def check_range(answer, content, expected):
    if expected == 416:
        assert (answer.status, answer.get("Content-Range")) == (416, b"bytes */%d" % len(content))
    elif expected:
        first, last = expected
        assert answer.status == 206
        assert answer.body == content[first:last + 1]
        assert answer.get("Content-Range") == b"bytes %d-%d/%d" % (first, last, len(content))
        assert answer.get("Content-Length") == b"%d" % len(answer.body)
    else:
        assert (answer.status, answer.body, answer.get("Content-Range")) == (200, content, None)


def test_a_large_file_is_put_together_from_its_ranges(web):
    parts, at = [], 0
    with httpx.Client(base_url=web.url("")) as client:
        while at < len(BIG):
            answer = client.get("/site/big.bin", headers={"Range": "bytes=%d-%d" % (at, at + 99998)})
            parts.append(answer.content)
            at += 99999
    assert b"".join(parts) == BIG


def test_an_empty_file_has_no_range(web):
    assert ask(web, "/site/empty.css").body == b""
    for field in ("bytes=0-", "bytes=-5", "bytes=0-0"):
        answer = ask(web, "/site/empty.css", "Range: %s\r\n" % field)
        assert (answer.status, answer.get("Content-Range")) == (416, b"bytes */0")


def test_a_range_is_of_the_gzip_where_that_is_sent(web):
    packed = CONTENT["both.svg.gz"]
    answer = ask(web, "/site/both.svg", GZIP + "Range: bytes=3-\r\n")
    assert (answer.status, answer.body, answer.get("Content-Encoding")) == (206, packed[3:], b"gzip")


IF_RANGES = [
    ("its tag", ETAG, 206),
    ("its date", DATE, 206),
    ("its tag as a weak one", "W/" + ETAG, 200),
    ("another tag", '"x"', 200),
    ("a later date", formatdate(MTIME + 1, usegmt=True), 200),
    ("nothing", "", 200),
    ("a list", ETAG + ', "x"', 200),
    ("an asterisk", "*", 200),
]


@pytest.mark.parametrize("field,status", cases(IF_RANGES))
def test_a_range_if_it_has_still(web, field, status):
    answer = ask(web, "/site/a.txt", "Range: bytes=0-9\r\nIf-Range: %s\r\n" % field)
    assert (answer.status, answer.body) == (status, TEXT[:10] if status == 206 else TEXT)
    assert ask(web, "/site/a.txt", "Range: bytes=500-\r\nIf-Range: %s\r\n" % field).status == (
        416 if status == 206 else 200)


def test_a_range_of_what_has_no_tag_is_served_but_not_if_it_has_still(web):
    assert ask(web, "/untagged/a.txt", "Range: bytes=0-0\r\n").status == 206
    for field in ('"x"', "None", "0", "", DATE):
        assert ask(web, "/untagged/a.txt", "Range: bytes=0-0\r\nIf-Range: %s\r\n" % field).status == 200


def test_a_client_that_has_it_is_told_so_before_its_range(web):
    assert ask(web, "/site/a.txt", "Range: bytes=500-\r\nIf-None-Match: %s\r\n" % ETAG).status == 304


# Folders


FOLDERS = [
    ("the route", "/site", "./site/"),
    ("the route with a query", "/site?a=/b&c", "./site/?a=/b&c"),
    ("a folder", "/site/folder", "./folder/"),
    ("a folder with a query", "/site/folder?x=1?2", "./folder/?x=1?2"),
    ("a folder with a colon in its name", "/site/folder/a:b", "./a:b/"),
    ("a folder with more in its name", "/site/folder/%C3%A9%20t", "./%C3%A9%20t/"),
    ("a folder whose index is a gzip", "/site/zipped", "./zipped/"),
    ("a folder of a module", "/frozen/sub", "./sub/"),
    ("a module", "/frozen", "./frozen/"),
    ("a mounted app", "/sub", "./sub/"),
]


@pytest.mark.parametrize("path,location", cases(FOLDERS))
def test_the_slash_is_added_to(web, path, location):
    for method in ("GET", "HEAD"):
        answer = ask(web, path, GZIP, method)
        assert (answer.status, answer.get("Location").decode(), answer.body) == (301, location, b"")
    answer = httpx.get(web.url(path), follow_redirects=True)
    assert answer.status_code == 200 and answer.url.path.endswith("/")
    assert answer.url.query.decode() == path.partition("?")[2]


def test_the_slash_is_never_one_that_leads_to_another_server(web):
    for path in ("//evil.example/site/folder", "//site/folder", "/site//folder", "/\\evil.example/folder"):
        answer = ask(web, path)
        assert answer.status in (400, 404)
    assert ask(web, "http://evil.example/site/folder").get("Location") in (b"./folder/", None)


INDEXES = [
    ("the route", "/site/", PAGE),
    ("a folder", "/site/folder/", b"<p>in a folder"),
    ("a folder with more in its name", "/site/folder/%C3%A9%20t/", b"<p>summer"),
    ("a mounted app", "/sub/", b"<p>in a folder"),
    ("a module", "/frozen/", b"<p>frozen</p>"),
    ("itself", "/site/index.html", PAGE),
]


@pytest.mark.parametrize("path,content", cases(INDEXES))
def test_the_index_is_served_of(web, path, content):
    answer = ask(web, path)
    assert (answer.status, answer.body) == (200, content)


# Resources of a module, and ROM


def test_a_resource_has_the_tag_of_its_module_or_of_its_gzip(web):
    answer = ask(web, "/frozen/logo.png")
    assert answer.body == b"\x89PNG" + bytes(5000)
    assert answer.get("ETag") == b'"138c-12ab"' and answer.get("Last-Modified") is None
    assert ask(web, "/frozen/logo.png", 'If-None-Match: "138c-12ab"\r\n').status == 304
    packed = CONTENT["packed.js.gz"]
    answer = ask(web, "/frozen/app.js", GZIP)
    assert answer.body == packed and answer.get("ETag").decode() == '"%x-%s"' % (len(packed), packed[-8:].hex())


def test_a_resource_without_a_tag_is_always_sent(web):
    answer = ask(web, "/untagged/a.txt", "If-None-Match: None\r\nIf-Modified-Since: %s\r\n" % DATE)
    assert (answer.status, answer.body, answer.get("ETag")) == (200, b"a", None)


def test_a_resource_has_ranges(web):
    answer = ask(web, "/frozen/logo.png", "Range: bytes=1-3\r\n")
    assert (answer.status, answer.body) == (206, b"PNG")


def test_ROM_is_served(web, runtime):
    if not runtime.is_micropython:
        pytest.skip("ROMFS is MicroPython's")
    assert ask(web, "/rom/a.txt").body == TEXT
    assert ask(web, "/rom/a.txt").get("ETag") is None
    assert ask(web, "/rom/a.txt", "Range: bytes=-5\r\n").body == TEXT[-5:]
    assert ask(web, "/rom/big.bin").body == BIG[:20000]
    answer = ask(web, "/rom/packed.js", GZIP)
    assert gzip.decompress(answer.body) == SCRIPT
    assert ask(web, "/rom/packed.js", GZIP + "If-None-Match: %s\r\n" % answer.get("ETag").decode()).status == 304
    assert ask(web, "/rom/folder").get("Location") == b"./folder/"
    assert ask(web, "/rom/folder/").body == b"<p>in ROM"
    for path in ("/rom/../web.py", "/rom/%2e%2e/web.py", "/rom/none", "/rom/"):
        assert ask(web, path).status == 404


# A file that changes while it is sent, a client that leaves or does not read


HUGE = 32 << 20  # bytes: more than the sockets between hold


def connect(server):
    """A client that takes little at a time."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(15)
    s.connect(("127.0.0.1", server.port))
    return s


def send_for(s, name):
    """Asks for a file and takes the first bytes of the answer; answers how many of them are content."""
    s.sendall(b"GET /site/%s HTTP/1.1\r\nHost: x\r\n\r\n" % name.encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += s.recv(256)
    return len(head.partition(b"\r\n\r\n")[2])


def begin(server, name):
    """A client that has asked and taken the first bytes of the answer."""
    s = connect(server)
    return s, send_for(s, name)


def count(s, got, most=None):
    while most is None or got < most:
        data = s.recv(1 << 20)
        if not data:
            break
        got += len(data)
    return got


@pytest.fixture
def huge(site):
    path = site / "huge.bin"
    with open(path, "wb") as f:
        f.truncate(HUGE)  # no byte of it is on the disk
    yield path
    path.unlink()


@pytest.mark.wire
def test_a_file_that_shrinks_ends_the_connection(web, huge):
    s, got = begin(web, huge.name)
    with s:
        os.truncate(huge, HUGE // 2)
        assert count(s, got) <= HUGE // 2
    assert web.get("/alive").text == "alive"


@pytest.mark.wire
def test_a_file_that_grows_is_sent_at_the_size_that_was_said(web, huge):
    s, got = begin(web, huge.name)
    with s:
        os.truncate(huge, HUGE * 2)
        assert count(s, got, HUGE) == HUGE
        s.sendall(b"GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert s.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.wire
def test_a_client_that_leaves_costs_only_itself(web, huge):
    for _ in range(20):
        s, _ = begin(web, huge.name)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    assert web.get("/alive").text == "alive"


@pytest.mark.wire
def test_clients_that_do_not_read_leave_the_others_alone(web, huge):
    waiting = [begin(web, huge.name)[0] for _ in range(5)]
    try:
        assert ask(web, "/site/big.bin").body == BIG
    finally:
        for s in waiting:
            s.close()


@pytest.mark.wire
def test_two_that_read_at_a_time_get_what_is_theirs(web):
    with web.connect() as one, web.connect() as other:
        one.send(b"GET /site/big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        other.send(b"GET /site/big.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=1000-\r\n\r\n")
        assert other.response().body == BIG[1000:]
        assert one.response().body == BIG


@pytest.mark.wire
def test_a_client_that_reads_nothing_is_left_at_the_time_out(start, site, huge):
    server = start("static_files.py", "1")
    s, _ = begin(server, huge.name)
    with s:
        assert until(lambda: '"connections": 2' not in server.get("/state").text)


@pytest.mark.wire
def test_no_file_stays_open(start, site, huge):
    server = start("static_files.py", files=40)
    for _ in range(15):
        begin(server, huge.name)[0].close()
        for path, fields, method in (("a.txt", "If-None-Match: *\r\n", "GET"), ("big.bin", "", "HEAD"),
                                     ("a.txt", "Range: bytes=999-\r\n", "GET"), ("packed.js", "", "GET")):
            ask(server, "/site/" + path, fields, method)
    assert ask(server, "/site/big.bin").body == BIG


def test_a_transfer_takes_2_K_of_heap_beyond_its_buffer(start, site, huge, runtime):
    if not runtime.is_micropython:
        pytest.skip("a board's heap")
    server = start("static_files.py")

    def heap():
        return min(json.loads(server.get("/state").text)["heap"] for _ in range(3))

    s = connect(server)
    with s:
        s.sendall(b"GET /site/big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        assert count(s, 0, len(BIG)) >= len(BIG)
        before = heap()
        # The same connection, which is idle before and sends after.
        send_for(s, huge.name)
        assert heap() - before < (2048 + 2048) * (1 if runtime.name == "mp32" else 2)


# Fields of any bytes


FIELD = st.binary(max_size=40) | st.text("bytes=-,0123456789 ;q.*gzip\"W/", max_size=40).map(str.encode)


@given(field=FIELD, size=st.integers(0, 40))
@example(field=b"bytes=-0", size=0)
def test_a_range_is_within_the_file_or_past_its_end_or_none(field, size):
    found = conditions.parse_range(field, size)
    assert found is None or size <= found[0] or 0 <= found[0] < found[1] <= size


@given(first=st.none() | st.integers(0, 60), last=st.none() | st.integers(0, 60), size=st.integers(1, 50))
def test_a_range_is_what_a_slice_is(first, last, size):
    numbers = ["" if number is None else str(number) for number in (first, last)]
    found = conditions.parse_range("bytes={}-{}".format(*numbers).encode(), size)
    whole = range(size)
    if first is None:
        expected = whole[-last:] if last else None if last is None else whole[:0]
    elif last is not None and last < first:
        expected = None
    else:
        expected = whole[first:] if last is None else whole[first:last + 1]
    assert (whole[found[0]:found[1]] if found else None) == expected


@given(tags=FIELD, since=FIELD)
def test_conditions_of_any_bytes_are_read(tags, since):
    assert conditions.takes_gzip(tags) in (True, False)
    parts = [tag.strip(b" \t") for tag in tags.split(b",")]
    assert conditions.is_fresh({b"If-None-Match": tags}, b'"tag"', DATE.encode()) == (b"*" in parts or b"W/*" in parts)
    assert conditions.is_changed({b"If-Match": tags}, b'"tag"', DATE.encode()) == (b"*" not in parts)
    assert not conditions.is_fresh({b"If-Modified-Since": since}, b'"tag"', DATE.encode())


@given(mtime=st.integers(MTIME - 3 * 10**7, MTIME), other=st.integers(MTIME - 3 * 10**7, MTIME))
def test_a_date_that_is_not_later_is_fresh(mtime, other):
    date = conditions.http_date(mtime)
    assert date == formatdate(mtime, usegmt=True).encode()
    since = {b"If-Modified-Since": formatdate(other, usegmt=True).encode()}
    assert conditions.is_fresh(since, None, date) == (other >= mtime)


# In a browser


SHARED = {
    "shared/hello.txt": b"hello\n",
    "shared/docs/<b>bold.txt": b"not a tag\n",
    "shared/docs/50% #1?.txt": b"a name of signs\n",
    "shared/docs/page.html": b"<title>loaded</title><script src='more.js'></script>",
    "shared/docs/more.js.gz": pack(b"document.title += ' and packed'" + b" " * 500),
    "shared/.hidden": b"secret",
}


@pytest.fixture
def page(tmp_path):
    with chromium(tmp_path) as page:
        yield page


@pytest.fixture
def browser(serve, folder):
    for name, content in SHARED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return serve("example.py", str(ROOT / "examples"), "files")


def names(page, where):
    page.until("where.textContent == %r && list.children.length" % where)
    return page.run("[...list.querySelectorAll('a')].map(a => a.textContent)")


def test_the_example_lists_folders_and_files(page, browser):
    page.open(browser.url("/"))
    assert names(page, "/") == ["docs/", "hello.txt"]
    page.run("list.querySelector('a').click()")
    assert names(page, "/docs/") == ["..", "50% #1?.txt", "<b>bold.txt", "more.js.gz", "page.html"]
    links = page.run("[...list.querySelectorAll('a')].map(a => a.href)")
    assert httpx.get(links[1]).content == b"a name of signs\n"
    assert httpx.get(links[2]).content == b"not a tag\n"
    page.run("list.querySelector('a').click()")
    assert names(page, "/") == ["docs/", "hello.txt"]


def test_the_example_serves_a_page_whose_script_is_a_gzip_and_the_browser_has_it_the_second_time(page, browser):
    page.open(browser.url("/files/docs/page.html"))
    page.until("document.title == 'loaded and packed'")
    page.run("fetch('more.js', {cache: 'no-cache'}).then(answer => answer.text())")
    assert browser.logged(r"GET /files/docs/more\.js 304")


@pytest.mark.parametrize("path", ["../", "%2e%2e/", "..%2f", "docs/../../", "none/", "hello.txt", "docs", "/", ".git/", "\\/"])
def test_the_example_lists_no_folder_outside(browser, path):
    answer = ask(browser, "/list/" + path)
    assert answer.status in (400, 404) and b"secret" not in answer.body
