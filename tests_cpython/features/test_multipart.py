"""Forms with files: RFC 7578 and 2046, hostile forms first."""

import hashlib
import json
import shutil
from contextlib import ExitStack

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import HERE, Server
from support.board import compiled
from support.table import cases
from support.waiting import comes_back, until

BOUNDARY = b"----WebKitFormBoundaryAbC123"
END = b"--" + BOUNDARY + b"--\r\n"


@pytest.fixture
def app(serve):
    server = serve("multipart.py")
    server.get("/clean")
    return server


def part(disposition, content=b"", header=b""):
    """One part, from its boundary to the line end after its content."""
    head = b"--" + BOUNDARY + b"\r\nContent-Disposition: " + disposition + b"\r\n" + header
    return head + b"\r\n" + content + b"\r\n"


def field(name, value):
    return part(b'form-data; name="%s"' % name, value)


def file(name, filename, content, header=b"Content-Type: application/octet-stream\r\n"):
    return part(b'form-data; name="%s"; filename="%s"' % (name, filename), content, header)


def post(path, body, content_type=None, fields=b""):
    kind = b"multipart/form-data; boundary=" + BOUNDARY if content_type is None else content_type
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
    return head % (path.encode(), kind, len(body), fields) + body


def chunked(path, *pieces):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=%s\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
    return head % (path.encode(), BOUNDARY) + chunks + b"0\r\n\r\n"


def told(answer):
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def parts(app, body, n=100):
    """The parts of a form as (name, filename, content)."""
    found = told(app.ask(post("/parts/%d" % n, body)))
    return [(name, filename, bytes.fromhex(content)) for name, filename, content in found]


def left(app):
    return told(app.get("/files"))


FORM = field(b"a", b"1") + file(b"avatar", b"me.png", b"\r\n--" + BOUNDARY[:-1] + b"\r\n\0\xff--") + field(b"b", b"") + END
CONTENT = b"\r\n--" + BOUNDARY[:-1] + b"\r\n\0\xff--"
FOUND = [("a", None, b"1"), ("avatar", "me.png", CONTENT), ("b", None, b"")]


# What is refused

BAD = [
    ("no boundary at all", b"x" * 30, 400),
    ("an empty body", b"", 400),
    ("no last boundary", FORM[:-len(END)], 400),
    ("a last boundary without its two hyphens", FORM[:-4] + b"\r\n", 400),
    ("a last boundary with one hyphen", FORM[:-3] + b"\r\n", 400),
    ("a boundary that ends in more", b"--" + BOUNDARY + b"x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" + END, 400),
    ("a boundary that ends in a bare LF", b"--" + BOUNDARY + b"\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" + END, 400),
    ("a bare LF between header lines", part(b"form-data; name=a\nX: y", b"1") + END, 400),
    ("a bare CR in a header", part(b"form-data; name=a\rX: y", b"1") + END, 400),
    ("NUL in a header", part(b'form-data; name="a\0"', b"1") + END, 400),
    ("a folded header", part(b"form-data;\r\n name=a", b"1") + END, 400),
    ("a header without a colon", part(b"form-data; name=a", b"1", b"Nonsense\r\n") + END, 400),
    ("a blank before a header's colon", part(b"form-data; name=a", b"1", b"X : y\r\n") + END, 400),
    ("a part without a header", b"--" + BOUNDARY + b"\r\n\r\n1\r\n" + END, 400),
    ("a part without Content-Disposition", b"--" + BOUNDARY + b"\r\nContent-Type: a/b\r\n\r\n1\r\n" + END, 400),
    ("another disposition", part(b'attachment; name="a"', b"1") + END, 400),
    ("a part without a name", part(b"form-data", b"1") + END, 400),
    ("a file without a name", part(b'form-data; filename="a.txt"', b"1") + END, 400),
    ("a quote that is not closed", part(b'form-data; name="a', b"1") + END, 400),
    ("a name that is not UTF-8", part(b'form-data; name="\xff"', b"1") + END, 400),
    ("a file name that is not UTF-8", file(b"a", b"\xff.txt", b"1") + END, 400),
    ("a header over 512 bytes", part(b"form-data; name=a", b"1", b"X: " + b"y" * 512 + b"\r\n") + END, 413),
    ("a header without end", b"--" + BOUNDARY + b"\r\nX: " + b"y" * 20000, 413),
    ("header lines without end", b"--" + BOUNDARY + b"\r\n" + b"X: y\r\n" * 4000, 413),
    ("17 parts", field(b"a", b"1") * 17 + END, 413),
    ("a field over 4,096 bytes", field(b"a", b"x" * 4097) + END, 413),
    ("fields over 4,096 bytes together", field(b"a", b"x" * 2100) * 2 + END, 413),
    ("a field without end", field(b"a", b"x" * 100_000), 413),
    ("a long preamble", b"x" * 2000 + b"\r\n" + FORM, 413),
]


@pytest.mark.parametrize("path", ["/parts/100", "/skip", "/save", "/form", "/plain"])
@pytest.mark.parametrize("body,status", cases(BAD))
def test_a_form_is_refused(app, body, status, path):
    assert app.ask(post(path, body)).status == status
    # Whoever saves while the form comes has the files that came whole before.
    assert left(app) in ({}, {"/saved/me.png": len(CONTENT)} if path == "/save" else {})
    assert not app.logged("Traceback", 0)


def test_a_file_over_1_MB_is_413(app):
    for path in ("/save", "/form", "/skip"):
        assert app.ask(post(path, file(b"a", b"b", bytes(1 << 20) + b"x") + END)).status == 413
    assert left(app) == {}


TYPES = [
    ("no Content-Type", b""),
    ("another type", b"application/x-www-form-urlencoded"),
    ("another multipart", b"multipart/mixed; boundary=" + BOUNDARY),
    ("no boundary", b"multipart/form-data"),
    ("an empty boundary", b"multipart/form-data; boundary="),
    ("an empty quoted boundary", b'multipart/form-data; boundary=""'),
    ("a boundary over 70 characters", b"multipart/form-data; boundary=" + b"x" * 71),
    ("a longer type", b"multipart/form-datax; boundary=" + BOUNDARY),
]


@pytest.mark.parametrize("content_type", cases(TYPES))
def test_what_is_no_form_is_415(app, content_type):
    assert app.ask(post("/parts/100", FORM, content_type)).status == 415
    assert app.ask(post("/form", FORM, content_type)).status == 415


@pytest.mark.parametrize("content_type", [b'multipart/form-data; boundary="open', b"multipart/form-data; boundary=\xff"])
def test_a_Content_Type_that_cannot_be_read_is_400(app, content_type):
    assert app.ask(post("/parts/100", FORM, content_type)).status == 400


def test_a_field_that_is_not_UTF8_is_400(app):
    assert app.ask(post("/fields", field(b"a", b"\xff") + END)).status == 400


def test_a_file_where_none_is_taken_is_415(app):
    assert app.ask(post("/fields", file(b"a", b"b.txt", b"1") + END)).status == 415


def test_a_body_over_max_body_is_413_before_it_is_sent(app):
    with app.connect() as c:
        c.send(b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
               b"Content-Length: %d\r\n\r\n" % ((4 << 20) + 1))
        assert c.response().status == 413


SMALL = [
    ("what is within each limit", field(b"a", b"x" * 9) + field(b"b", b"x" * 9) + file(b"c", b"d", b"x" * 30, b"") + END, 200),
    ("a fourth part", field(b"a", b"") * 4 + END, 413),
    ("a header of 129 bytes", part(b"form-data; name=a", b"", b"X: %s\r\n" % (b"y" * 80)) + END, 413),
    ("21 bytes of one field", field(b"a", b"x" * 20) + END, 413),
    ("21 bytes of two fields", field(b"a", b"x" * 10) + field(b"b", b"x" * 9) + END, 413),
    ("21 bytes of names", field(b"a" * 21, b"") + END, 413),
    ("a file of 31 bytes", file(b"a", b"b", b"x" * 31, b"") + END, 413),
]


@pytest.mark.parametrize("body,status", cases(SMALL))
def test_a_subclass_sets_the_limits(app, body, status):
    assert app.ask(post("/small", body)).status == status
    assert app.ask(chunked("/small", *[body[i:i + 1] for i in range(len(body))])).status == status
    assert left(app) == {}


# What is read

def test_fields_and_files_come_in_order(app):
    assert parts(app, FORM) == FOUND


@pytest.mark.parametrize("n", [1, 2, 7, 100, 10000])
def test_a_part_is_read_n_bytes_at_a_time(app, n):
    assert parts(app, FORM, n) == FOUND


def test_a_boundary_may_be_split_anywhere(app):
    with app.connect() as c:
        for at in range(len(FORM) + 1):
            c.send(chunked("/parts/100", FORM[:at], FORM[at:]))
            found = json.loads(c.response().body)
            assert [(a, b, bytes.fromhex(content)) for a, b, content in found] == FOUND, at


def test_a_form_may_come_byte_by_byte(app):
    found = told(app.ask(chunked("/parts/100", *[FORM[i:i + 1] for i in range(len(FORM))])))
    assert [(a, b, bytes.fromhex(content)) for a, b, content in found] == FOUND


def test_a_file_of_any_length_comes_whole(app):
    # Around the size of a block the boundary is split.
    with app.connect() as c:
        for size in [*range(0, 60), *range(500, 1700, 7), 5000]:
            content = bytes(i % 251 for i in range(size))
            c.send(post("/digests", file(b"a", b"b", content) + END))
            assert json.loads(c.response().body) == [["a", "b", size, hashlib.sha256(content).hexdigest()]], size


SHREDS = [b"\r\n", b"\r", b"\n", b"--", b"-", b"\r\n--", b"\r\n--" + BOUNDARY[:-1], BOUNDARY, b"--" + BOUNDARY,
          b"x", b"\0", b"\xff", b"\r\n\r\n", b"Content-Disposition: form-data; name=x"]


@given(st.lists(st.lists(st.sampled_from(SHREDS), max_size=12).map(b"".join), max_size=4), st.integers(1, 50))
def test_content_that_looks_like_a_boundary_is_content(app, contents, step):
    whole = b"\r\n--" + BOUNDARY
    contents = [content.replace(whole, b"") for content in contents]
    if any(whole in content + b"\r\n--" for content in contents):
        return
    body = b"".join(file(b"a", b"f", content) for content in contents) + END
    sent = chunked("/parts/64", *[body[i:i + step] for i in range(0, len(body), step)])
    assert [bytes.fromhex(content) for _, _, content in told(app.ask(sent))] == contents


def test_what_a_browser_library_sends_is_read(app):
    files = {"one": ("a b;c.txt", b"1\r\n2", "text/plain"), "two": ("\xe9t\xe9.bin", bytes(range(256)) * 20, "a/b")}
    with httpx.Client() as client:
        answer = client.post(app.url("/plain"), data={"x": "\xe9", "y": ["1", "2"]}, files=files)
    assert answer.json() == {
        "form": {"x": "\xe9", "y": ["1", "2"]},
        "files": {"one": ["a b;c.txt", 4, "text/plain"], "two": ["\xe9t\xe9.bin", 5120, "a/b"]},
    }


BOUNDARIES = [
    ("a boundary in quotes", b'multipart/form-data; boundary="%s"', b"a b:c"),
    ("a boundary of 70 characters", b"multipart/form-data; boundary=%s", b"x" * 70),
    ("a boundary of one character", b"multipart/form-data; boundary=%s", b"x"),
    ("a boundary of hyphens", b"multipart/form-data; boundary=%s", b"-" * 10),
    ("a type in capitals", b"MULTIPART/Form-Data; Boundary=%s", b"Xy"),
    ("a charset before the boundary", b"multipart/form-data; charset=utf-8; boundary=%s", b"Xy"),
    ("no blank before the boundary", b"multipart/form-data;boundary=%s", b"Xy"),
    ("a semicolon in the quotes", b'multipart/form-data; boundary="%s"; a=b', b"x;y"),
    ("an equals sign in the boundary", b"multipart/form-data; boundary=%s", b"=_x=y"),
]


@pytest.mark.parametrize("content_type,boundary", cases(BOUNDARIES))
def test_a_boundary_is_read(app, content_type, boundary):
    body = (field(b"a", b"-1-") + END).replace(BOUNDARY, boundary)
    found = told(app.ask(post("/parts/100", body, content_type % boundary)))
    assert found == [["a", None, b"-1-".hex()]]


FORMS = [
    ("no part", END, []),
    ("a preamble", b"preamble\r\n" + FORM, FOUND),
    ("an empty line first", b"\r\n" + FORM, FOUND),
    ("an epilogue", FORM + b"epilogue\r\n--" + BOUNDARY + b"\r\n", FOUND),
    ("no line end at the end", FORM[:-2], FOUND),
    ("blanks after a boundary", FORM.replace(BOUNDARY + b"\r\n", BOUNDARY + b" \t\r\n", 1), FOUND),
    ("names without quotes", part(b"form-data; name=a; filename=b.txt", b"1") + END, [("a", "b.txt", b"1")]),
    ("parameters in another order", part(b'form-data; filename="b.txt"; name="a"', b"1") + END, [("a", "b.txt", b"1")]),
    ("capitals", part(b'Form-Data; NAME="a"', b"1").replace(b"Content-D", b"CONTENT-d") + END, [("a", None, b"1")]),
    ("a header before", part(b"form-data; name=a", b"1", b"X-Y: z\r\n") + END, [("a", None, b"1")]),
    ("a semicolon in a name", part(b'form-data; name="a;b=c"', b"1") + END, [("a;b=c", None, b"1")]),
    ("an escaped quote in a name", part(b'form-data; name="a\\"b"', b"1") + END, [('a"b', None, b"1")]),
    ("an empty name", part(b'form-data; name=""', b"1") + END, [("", None, b"1")]),
    ("a name in UTF-8", part('form-data; name="\xe9\u20ac"'.encode(), b"1") + END, [("\xe9\u20ac", None, b"1")]),
    ("a nested multipart", part(b"form-data; name=a", b"--in\r\nX: y\r\n\r\n1\r\n--in--",
                                b"Content-Type: multipart/mixed; boundary=in\r\n") + END,
     [("a", None, b"--in\r\nX: y\r\n\r\n1\r\n--in--")]),
    ("a Content-Transfer-Encoding", part(b"form-data; name=a", b"MQ==", b"Content-Transfer-Encoding: base64\r\n") + END,
     [("a", None, b"MQ==")]),
    ("16 parts", field(b"a", b"1") * 16 + END, [("a", None, b"1")] * 16),
    ("a field of 4,095 bytes", field(b"a", b"x" * 4095) + END, [("a", None, b"x" * 4095)]),
]


@pytest.mark.parametrize("body,found", cases(FORMS))
def test_a_form_is_read(app, body, found):
    assert parts(app, body) == found


NAMES = [
    ("a name", b"photo.png", "photo.png"),
    ("a name with blanks", b"my photo.png", "my photo.png"),
    ("a name in UTF-8", "\xe9t\xe9 \u20ac.png".encode(), "\xe9t\xe9 \u20ac.png"),
    ("a semicolon", b"a;b.txt", "a;b.txt"),
    ("an escaped quote", b'a\\"b.txt', "a_b.txt"),
    ("a path", b"/etc/passwd", "passwd"),
    ("a path upwards", b"../../main.py", "main.py"),
    ("a path of Windows", b"C:\\dir\\boot.py", "boot.py"),
    ("a mixed path", b"..\\/..//x.txt", "x.txt"),
    ("a folder", b"dir/", "file"),
    ("a dot", b".", "file"),
    ("two dots", b"..", "file"),
    ("a hidden file", b".htaccess", "htaccess"),
    ("a file in the making", b".0.part", "0.part"),
    ("dots and blanks around", b" . .a.txt. . ", "a.txt"),
    ("a tab", b"a\tb.txt", "a_b.txt"),
    ("DEL", b"a\x7fb.txt", "a_b.txt"),
    ("what FAT does not take", b'a:b*c?d<e>f|g.txt', "a_b_c_d_e_f_g.txt"),
    ("a long name", b"x" * 100 + b".tar.gz", "x" * 61 + ".gz"),
    ("a long name without ending", b"x" * 100, "x" * 64),
    ("a long ending", b"a." + b"x" * 100, "a." + "x" * 62),
    ("a long name in UTF-8", "\u20ac".encode() * 50 + b".txt", "\u20ac" * 20 + ".txt"),
    ("percent signs", b"a%2Fb%00.txt", "a%2Fb%00.txt"),
]


@pytest.mark.parametrize("sent,safe", cases(NAMES))
def test_a_file_is_saved_by_a_safe_name(app, sent, safe):
    body = file(b"a", sent, b"12345") + END
    assert parts(app, body) == [("a", safe, b"12345")]
    assert told(app.ask(post("/save", body))) == ["/saved/" + safe]
    assert left(app) == {"/saved/" + safe: 5}


EXTENDED = [
    ("UTF-8", b"filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", "na\xefve \u20ac.txt"),
    ("a plus sign", b"filename*=UTF-8''a+b.txt", "a+b.txt"),
    ("a language", b"filename*=utf-8'fr'%C3%A9.txt", "\xe9.txt"),
    ("both", b"filename=\"old.txt\"; filename*=UTF-8''new.txt", "new.txt"),
    ("both in another order", b"filename*=UTF-8''new.txt; filename=\"old.txt\"", "new.txt"),
    ("a path in it", b"filename*=UTF-8''..%2F..%2Fmain.py", "main.py"),
    ("NUL in it", b"filename*=UTF-8''a%00b.txt", "a_b.txt"),
    ("CRLF in it", b"filename*=UTF-8''a%0D%0Ab.txt", "a__b.txt"),
    ("another charset", b"filename=\"old.txt\"; filename*=iso-8859-1''%E9.txt", "old.txt"),
    ("bytes that are not UTF-8", b"filename*=UTF-8''%FF.txt", "%FF.txt"),
    ("no quotes", b"filename*=UTF-8", "UTF-8"),
    ("an empty one", b"filename*=UTF-8''", ""),
]


@pytest.mark.parametrize("parameter,filename", cases(EXTENDED))
def test_an_extended_file_name_is_read(app, parameter, filename):
    assert parts(app, part(b"form-data; name=a; " + parameter, b"1") + END) == [("a", filename, b"1")]


def test_no_chosen_file_has_an_empty_name_and_is_no_file(app):
    body = file(b"avatar", b"", b"") + field(b"a", b"1") + END
    assert parts(app, body) == [("avatar", "", b""), ("a", None, b"1")]
    assert told(app.ask(post("/plain", body))) == {"form": {"a": "1"}, "files": {}}
    assert told(app.ask(post("/save", body))) == []


def test_a_part_has_its_headers(app):
    body = part(b"form-data; name=a", b"1", b"content-TYPE: text/plain; charset=utf-8\r\nX-One: two\r\n") + END
    assert told(app.ask(post("/headers", body))) == {
        "Content-Disposition": "form-data; name=a", "content-TYPE": "text/plain; charset=utf-8", "X-One": "two"}


@pytest.mark.parametrize("where", ["function", "coroutine", "object", "slow", "file"])
def test_a_part_goes_to(app, where):
    content = bytes(range(256)) * 20
    assert app.ask(post("/to/" + where, file(b"a", b"b", content) + END)).body == content


def test_a_part_that_is_not_read_is_skipped(app):
    assert told(app.ask(post("/skip", FORM + b"epilogue"))) == ["a", "avatar", "b"]


def test_what_is_behind_a_form_is_the_next_request(app):
    with app.connect() as c:
        for path in ("/skip", "/first", "/parts/100", "/fields", "/plain"):
            c.send(post(path, field(b"a", b"1") + field(b"b", b"x" * 3000) + END + b"epilogue" * 500))
            c.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert c.response().status == 200
            assert c.response().text == "hello"


def test_after_the_last_part_there_is_nothing(app):
    assert told(app.ask(post("/beyond", FORM + b"epilogue"))) == [True, True]


def test_Expect_is_answered_before_the_form_is_sent(app):
    with app.connect() as c:
        whole = post("/parts/100", FORM, fields=b"Expect: 100-continue\r\n")
        c.send(whole[:-len(FORM)])
        assert c.receive().startswith(b"HTTP/1.1 100 ")
        c.send(FORM)
        assert len(json.loads(c.response().body)) == 3


# The simple case

def test_a_handler_has_the_form_and_saves_a_file(app):
    body = field(b"a", b"1") + file(b"avatar", b"me.png", b"x" * 3000, b"Content-Type: image/png\r\n") + field(b"b", "\xe9".encode()) + END
    assert told(app.ask(post("/form", body))) == {
        "told": {"form": {"a": "1", "b": "\xe9"}, "files": {"avatar": ["me.png", 3000, "image/png"]}},
        "path": "/saved/me.png",
    }
    assert left(app) == {"/saved/me.png": 3000}


def test_a_file_replaces_one_of_its_name(app):
    for size in (3000, 10):
        app.ask(post("/form", file(b"avatar", b"me.png", b"x" * size) + END))
        assert left(app) == {"/saved/me.png": size}


@pytest.mark.parametrize("path", ["/plain", "/unsaved/1"])
def test_what_is_repeated_is_a_list(app, path):
    body = field(b"a", b"1") + file(b"f", b"1.txt", b"1") + field(b"a", b"2") + file(b"f", b"2.txt", b"22") + field(b"a", b"3") + END
    kind = "application/octet-stream"
    assert told(app.ask(post(path, body))) == {
        "form": {"a": ["1", "2", "3"]}, "files": {"f": [["1.txt", 1, kind], ["2.txt", 2, kind]]}}
    assert left(app) == {}


@pytest.mark.parametrize("path,status", [("/plain", 200), ("/unsaved/1", 200), ("/raises", 500)])
def test_a_file_that_is_not_saved_is_gone_after_the_handler(app, path, status):
    assert app.ask(post(path, file(b"a", b"b.txt", b"1") + END)).status == status
    assert left(app) == {}


def test_two_forms_at_a_time_do_not_share_a_file(app):
    bodies = [file(b"avatar", b"%d.bin" % i, bytes([i]) * 3000) + END for i in range(2)]
    clients = [app.connect() for _ in bodies]
    for c, body in zip(clients, bodies):
        c.send(post("/unsaved/1", body)[:1000])
    assert until(lambda: len(left(app)) >= 2)  # both are being written
    for c, body in zip(clients, bodies):
        c.send(post("/unsaved/1", body)[1000:])
    for i, c in enumerate(clients):
        assert json.loads(c.response().body)["files"]["avatar"][:2] == ["%d.bin" % i, 3000]
        c.sock.close()
    assert left(app) == {}


# Faults

def gone(app):
    """What is left once the server has noticed that the clients left: no file in the making, say."""
    return until(lambda: left(app), lambda names: not any(".part" in name for name in names))


@pytest.mark.parametrize("path", ["/save", "/form"])
def test_a_form_that_is_cut_at_any_byte_leaves_nothing_behind(app, path):
    body = field(b"a", b"1") + file(b"avatar", b"me.png", b"x" * 100) + END[:-2]
    app.leaves_at_each_byte_of(post(path, body))
    # Whoever saves while the form comes has the files that came whole before.
    assert gone(app) in ({}, {"/saved/me.png": 100} if path == "/save" else {})
    assert not app.logged("Traceback|[Ee]rror", 0.1)


@pytest.mark.parametrize("path", ["/save", "/form"])
def test_a_form_that_ends_at_any_byte_is_400_and_leaves_nothing_behind(app, path):
    body = field(b"a", b"1") + file(b"avatar", b"me.png", b"x" * 100) + END[:-2]
    for at in range(len(body)):
        assert app.ask(post(path, body[:at])).status == 400, at
    assert left(app) in ({}, {"/saved/me.png": 100} if path == "/save" else {})
    assert not app.logged("Traceback", 0.1)


@pytest.mark.wire
def test_a_form_that_stalls_is_408_and_leaves_nothing_behind(app):
    whole = post("/form", file(b"avatar", b"me.png", b"x" * 3000) + END)
    with app.connect() as c:
        c.send(whole[:2000])
        assert c.response().status == 408
    assert left(app) == {}


@pytest.mark.parametrize("kind", ["lfs", "fat"])
@pytest.mark.parametrize("path", ["/full/", "/full-form/"])
def test_a_full_disk_is_507_and_leaves_nothing_behind(app, path, kind):
    for _ in range(5):  # what was written is free again
        answer = app.ask(post(path + kind, file(b"a", b"big.bin", b"x" * 50_000) + END))
        assert answer.status == 507
        assert told(app.get("/full-files/" + kind)) == []
    assert not app.logged("Traceback", 0)


# Memory

MEGABYTE = hashlib.sha256(b"seed").digest() * (1 << 15)


@pytest.fixture
def board(tmp_path):
    """Starts an app on a board's heap of 64 K, and ends it."""
    runtime = compiled(tmp_path, "64K")
    if not runtime:
        pytest.skip("no 32-bit MicroPython: the limit is of a board's heap")
    with ExitStack() as started:
        def start(app):
            shutil.copy(HERE / "apps" / app, tmp_path)
            server = Server(runtime, app, (), tmp_path).start()
            started.callback(server.end)
            return server

        yield start


def test_a_megabyte_needs_less_than_24_K_of_a_heap_of_64_K(board):
    app = board("multipart_heap.py")
    body = field(b"a", b"1") + file(b"firmware", b"new.bin", MEGABYTE) + END
    idle = int(app.get("/idle").text)
    found = told(app.ask(post("/digest", body)))
    assert (found["size"], found["sha256"]) == (1 << 20, hashlib.sha256(MEGABYTE).hexdigest())
    assert 0 < found["peak"] - idle < 24 * 1024
    print("idle %d, peak %d over it" % (idle, found["peak"] - idle))


def test_forms_leave_the_heap_as_it_was(start, runtime):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap has no such figure")
    app = start("multipart.py")  # without the idle connections of other tests
    body = field(b"a", b"1") + file(b"avatar", b"me.png", b"x" * 5000) + END

    def round():
        for path in ("/form", "/save", "/digests"):
            assert app.ask(post(path, body)).status == 200
            assert app.ask(post(path, body[:3000])).status == 400
        return int(app.get("/mem").text)

    assert comes_back(round)
