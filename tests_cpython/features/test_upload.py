"""A raw body to a file or a block device: checked, resumable (RFC 9110 14.4), and whole or not there."""

import hashlib
import json
from base64 import b64encode

import pytest

from conftest import ROOT
from support.browser import chromium
from support.table import cases
from support.waiting import comes_back, until

NEW = bytes(i % 251 for i in range(5000))
SHA256 = hashlib.sha256(NEW).hexdigest()
DIGEST = b"Repr-Digest: sha-256=:%s:\r\n" % b64encode(hashlib.sha256(NEW).digest())


@pytest.fixture
def app(serve):
    server = serve("upload.py")
    server.get("/clean")
    return server


def put(path, body, fields=b"", method=b"PUT"):
    return b"%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n" % (method, path.encode(), len(body), fields) + body


def chunked(path, *pieces):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"PUT %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (path.encode(), chunks)


def piece(path, first, data, total=len(NEW), fields=b""):
    return put(path, data, b"Content-Range: bytes %d-%d/%d\r\n" % (first, first + len(data) - 1, total) + fields)


def told(answer):
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def left(app):
    return told(app.get("/files"))


def offset(app, path):
    answer = app.ask(b"HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode(), "HEAD")
    assert answer.status == 204
    return int(answer.get("Upload-Offset"))


# A whole file

@pytest.mark.parametrize("method", [b"PUT", b"POST"])
@pytest.mark.parametrize("size", [1, 767, 768, 769, 5000, 100_000])
def test_a_body_becomes_a_file(app, size, method):
    new = (NEW * 20)[:size]
    assert told(app.ask(put("/to/whole", new, method=method))) == {"size": size, "sha256": hashlib.sha256(new).hexdigest()}
    assert left(app) == {"whole.bin": size}
    assert app.get("/read/whole.bin").body == new


def test_a_chunked_body_becomes_a_file(app):
    assert told(app.ask(chunked("/to/whole", NEW[:1], NEW[1:])))["size"] == 5000
    assert app.get("/read/whole.bin").body == NEW


def test_a_new_file_replaces_the_old_one(app):
    app.ask(put("/to/whole", NEW))
    app.ask(put("/to/whole", b"newer"))
    assert app.get("/read/whole.bin").text == "newer"


def test_a_file_of_the_limit_is_taken(app):
    assert told(app.ask(put("/to/small", NEW[:1000])))["size"] == 1000
    assert told(app.ask(chunked("/to/small", NEW[:1000])))["size"] == 1000


REFUSED = [
    ("an empty body", put("/to/whole", b""), 400),
    ("no body", b"PUT /to/whole HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("an empty chunked body", chunked("/to/whole"), 400),
    ("a body over max_size", put("/to/small", NEW[:1001]), 413),
    ("chunks over max_size", chunked("/to/small", NEW[:600], NEW[600:1001]), 413),
    ("a body over the device", put("/to/device", NEW * 3), 413),
    ("chunks over the device", chunked("/to/device", NEW * 3), 413),
    ("another digest", put("/to/whole", NEW + b"x", DIGEST), 422),
    ("a digest in hexadecimal", put("/to/whole", NEW, b"Repr-Digest: sha-256=%s\r\n" % SHA256.encode()), 422),
    ("an empty digest", put("/to/whole", NEW, b"Repr-Digest: sha-256=::\r\n"), 422),
    ("a part where none is taken", piece("/to/whole", 0, NEW), 400),
    ("a folder that is missing", put("/to/nowhere", NEW), 500),
    ("a device that fails", put("/to/broken", NEW), 500),
]


@pytest.mark.parametrize("sent,status", cases(REFUSED))
def test_a_body_is_refused_and_the_old_file_stays(app, sent, status):
    for path in ("/to/whole", "/to/small"):
        app.ask(put(path, b"old"))
    assert app.ask(sent).status == status
    assert left(app) == {"whole.bin": 3, "small.bin": 3}


@pytest.mark.wire
def test_a_413_comes_before_the_body(app):
    with app.connect() as c:
        c.send(b"PUT /to/small HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        answer = c.response()
        assert (answer.status, answer.interim) == (413, [])


DIGESTS = [
    ("SHA-256", DIGEST),
    ("one among others", b"Repr-Digest: md5=:abc=:, " + DIGEST[13:]),
    ("another algorithm", b"Repr-Digest: sha-512=:abc=:\r\n"),
]


@pytest.mark.parametrize("fields", cases(DIGESTS))
def test_a_file_with_its_digest_is_taken(app, fields):
    assert told(app.ask(put("/to/whole", NEW, fields)))["sha256"] == SHA256


def test_the_app_says_the_digest(app):
    for said, status in ((SHA256, 200), (SHA256.upper(), 200), ("0" * 64, 422), ("x", 422)):
        assert app.ask(put("/said/whole/" + said, NEW)).status == status
    assert left(app) == {"whole.bin": 5000}


# A block device

@pytest.mark.parametrize("size", [1, 511, 512, 513, 1024, 5000, 20 * 512])
def test_a_body_goes_to_a_block_device(app, size):
    new = (NEW * 3)[:size]
    assert told(app.ask(put("/to/device", new)))["sha256"] == hashlib.sha256(new).hexdigest()
    answer = app.get("/device")
    filled = new + b"\xff" * (-size % 512)
    assert answer.body == filled + bytes(20 * 512 - len(filled))
    assert answer.get("X-Synced") == b"1"


# Parts of a file

def test_a_file_may_come_in_parts(app):
    for first in range(0, 5000, 700):
        data = NEW[first:first + 700]
        answer = app.ask(piece("/to/resumable", first, data, fields=DIGEST))
        if first + len(data) < 5000:
            assert (answer.status, answer.get("Upload-Offset")) == (202, b"%d" % (first + len(data)))
            assert offset(app, "/to/resumable") == first + len(data)
            assert "resumable.bin" not in left(app)
    assert told(answer) == {"size": 5000, "sha256": SHA256}
    assert app.get("/read/resumable.bin").body == NEW
    assert left(app) == {"resumable.bin": 5000}
    assert offset(app, "/to/resumable") == 0


def test_a_block_device_may_come_in_parts(app):
    assert app.ask(piece("/to/device-resumable", 0, NEW[:700])).status == 202
    assert told(app.ask(piece("/to/device-resumable", 700, NEW[700:])))["sha256"] == SHA256
    assert app.get("/device").body[:5000] == NEW


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_file_goes_on_where_the_client_left(app, how):
    whole = put("/to/resumable", NEW)
    with app.connect() as c:
        c.send(whole[:-2000])
        assert until(lambda: offset(app, "/to/resumable") == 3000)
        if how == "reset":
            c.reset()
    assert until(lambda: app.ask(piece("/to/resumable", 9, b"x")).status == 409)  # and not 503: it has noticed
    assert told(app.ask(piece("/to/resumable", 3000, NEW[3000:])))["sha256"] == SHA256


@pytest.mark.wire
def test_a_file_goes_on_where_the_client_stalled(app):
    with app.connect() as c:
        c.send(put("/to/resumable", NEW)[:-2000])
        assert c.response().status == 408
    assert offset(app, "/to/resumable") == 3000
    assert told(app.ask(piece("/to/resumable", 3000, NEW[3000:])))["sha256"] == SHA256


OUT_OF_PLACE = [
    ("a gap", 800, NEW[800:900], 5000, b"700"),
    ("an overlap", 600, NEW[600:800], 5000, b"700"),
    ("the end alone", 4999, b"x", 5000, b"700"),
    ("a part of a file of another length", 700, NEW[700:800], 5001, b"0"),
]


@pytest.mark.parametrize("first,data,total,said", cases(OUT_OF_PLACE))
def test_a_part_that_does_not_follow_is_409_with_the_offset(app, first, data, total, said):
    app.ask(piece("/to/resumable", 0, NEW[:700]))
    answer = app.ask(piece("/to/resumable", first, data, total))
    assert (answer.status, answer.get("Upload-Offset")) == (409, said)
    assert told(app.ask(piece("/to/resumable", 700, NEW[700:])))["sha256"] == SHA256


def test_a_first_part_begins_anew(app):
    app.ask(piece("/to/resumable", 0, b"x" * 700))
    assert app.ask(piece("/to/resumable", 0, NEW[:100])).get("Upload-Offset") == b"100"
    assert told(app.ask(piece("/to/resumable", 100, NEW[100:])))["sha256"] == SHA256


MALFORMED = [
    ("another unit", b"lines 0-9/100"),
    ("no unit", b"0-9/100"),
    ("no total", b"bytes 0-9"),
    ("an unknown total", b"bytes 0-9/*"),
    ("no range", b"bytes */100"),
    ("a range that ends before it begins", b"bytes 9-0/100"),
    ("a range beyond its total", b"bytes 0-9/9"),
    ("a sign", b"bytes +0-9/100"),
    ("a negative number", b"bytes -1-9/100"),
    ("hexadecimal", b"bytes 0x0-9/100"),
    ("a number of 30 digits", b"bytes 0-9/" + b"9" * 30),
    ("two ranges", b"bytes 0-4,5-9/100"),
    ("blanks", b"bytes 0 - 9 / 100"),
    ("another length than the body", b"bytes 0-8/100"),
    ("nothing", b""),
]


@pytest.mark.parametrize("value", cases(MALFORMED))
def test_a_malformed_range_is_400_and_the_part_before_stays(app, value):
    app.ask(piece("/to/resumable", 0, NEW[:700]))
    assert app.ask(put("/to/resumable", b"0123456789", b"Content-Range: %s\r\n" % value)).status == 400
    assert offset(app, "/to/resumable") == 700


def test_a_total_over_the_limit_is_413(app):
    assert app.ask(piece("/to/resumable", 0, NEW, (1 << 20) + 1)).status == 413


def test_a_digest_that_does_not_fit_begins_anew(app):
    app.ask(piece("/to/resumable", 0, b"x" * 700))
    assert app.ask(piece("/to/resumable", 700, NEW[700:], fields=DIGEST)).status == 422
    assert offset(app, "/to/resumable") == 0
    assert left(app) == {}


def test_one_upload_at_a_time(app):
    with app.connect() as c:
        c.send(put("/to/resumable", NEW)[:-1])
        assert until(lambda: offset(app, "/to/resumable") == 4999)
        answer = app.ask(put("/to/resumable", NEW))
        assert (answer.status, answer.get("Retry-After")) == (503, b"1")
        assert told(app.ask(put("/to/other", NEW)))["sha256"] == SHA256  # another place is free
        c.send(NEW[-1:])
        assert told(c.response())["sha256"] == SHA256


# Faults

def test_an_upload_that_is_cut_at_any_byte_leaves_nothing_behind(app):
    app.ask(put("/to/whole", b"old"))
    app.leaves_at_each_byte_of(put("/to/whole", NEW[:100]))
    assert until(lambda: left(app) == {"whole.bin": 3})
    assert not app.logged("Traceback|[Ee]rror", 0.1)
    assert told(app.ask(put("/to/whole", NEW)))["sha256"] == SHA256


def test_an_upload_that_is_cut_at_any_byte_goes_on_from_there(app):
    new = NEW[:60]
    head = put("/to/resumable", new)[:-60]
    for at in range(1, 60):
        with app.connect() as c:
            c.send(head + new[:at])
            assert until(lambda: offset(app, "/to/resumable") == at)
        while True:
            answer = app.ask(piece("/to/resumable", at, new[at:], 60))
            if answer.status != 503:  # it has noticed that the client left
                break
        assert told(answer)["sha256"] == hashlib.sha256(new).hexdigest()
        app.get("/clean")


@pytest.mark.wire
def test_an_upload_that_stalls_is_408_and_leaves_nothing_behind(app):
    with app.connect() as c:
        c.send(put("/to/whole", NEW)[:-1])
        assert c.response().status == 408
    assert left(app) == {}


@pytest.mark.parametrize("kind", ["VfsLfs2", "VfsFat"])
def test_a_full_disk_is_507_and_leaves_nothing_behind(app, kind):
    for _ in range(5):  # what was written is free again
        assert app.ask(put("/full/" + kind, NEW * 20)).status == 507
        assert told(app.get("/full-files/" + kind)) == []
    assert not app.logged("Traceback", 0)


def test_uploads_leave_the_heap_as_it_was(start, runtime):
    if not runtime.is_micropython:
        pytest.skip("CPython's heap has no such figure")
    app = start("upload.py")  # without the idle connections of other tests

    def cut(data):
        with app.connect() as c:
            c.send(data)

    def round():
        for name in ("whole", "resumable", "device"):
            assert app.ask(put("/to/" + name, NEW)).status == 200
            cut(put("/to/" + name, NEW)[:-1000])
            app.ask(put("/to/" + name, NEW, DIGEST.replace(b"a", b"b")))
        return int(app.get("/mem").text)

    assert comes_back(round)


# In a browser

CHOOSE = """
const chosen = new DataTransfer()
const content = new Uint8Array(%d).map((_, i) => i %% 251)
chosen.items.add(new File([content], "new.bin"))
file.files = chosen.files
window.shown = []
new MutationObserver(() => shown.push(bar.value)).observe(bar, {attributes: true})
file.dispatchEvent(new Event("change"))
"""


@pytest.fixture
def page(tmp_path):
    with chromium(tmp_path) as page:
        yield page


def said(size):
    new = bytes(i % 251 for i in range(size))
    return "%d bytes, SHA-256 %s" % (size, hashlib.sha256(new).hexdigest())


def test_the_example_shows_the_progress_and_the_digest(page, serve, folder):
    server = serve("example.py", str(ROOT / "examples"), "upload")
    page.open(server.url("/"))
    page.run("{%s}" % CHOOSE % 100_000)
    page.until("said.value.includes('SHA-256') && said.value")
    assert page.run("said.value") == said(100_000)
    assert page.run("bar.value / bar.max") == 1
    shown = page.run("shown")
    assert len(shown) > 3 and shown == sorted(shown)
    assert (folder / "firmware.bin").stat().st_size == 100_000


def test_the_example_goes_on_when_the_server_is_back(page, start):
    server = start("example.py", str(ROOT / "examples"), "upload")
    page.open(server.url("/"))
    page.run("window.fetched = 0; const f = fetch; fetch = async (...a) => { fetched++; await pause(50); return f(...a) }")
    page.run("{%s}" % CHOOSE % 400_000)
    page.until("fetched > 3")
    server.end()
    page.until("said.value == 'Waiting for the device'")
    server.start()  # it knows nothing of the upload, which begins anew
    assert page.until("said.value.includes('SHA-256') && said.value") == said(400_000)
