"""Static files: what is served, and that nothing from outside the folder ever is."""

import json

import pytest

from support.table import cases


@pytest.fixture
def web(serve):
    return serve("web.py")


def get(server, path, method="GET"):
    """The answer to a path as it stands, which no client library would send."""
    return server.ask(method.encode() + b" " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method)


FILES = [
    ("a style sheet", b"/static/style.css", b"text/css", b"body { color: red }\n"),
    ("a page", b"/static/page.html", b"text/html", b"<p>a page</p>\n"),
    ("a file in a folder", b"/static/folder/note.txt", b"text/plain", b"in a folder\n"),
    ("a file with a query", b"/static/style.css?v=2", b"text/css", b"body { color: red }\n"),
    ("a percent-encoded name", b"/static/%73tyle.css", b"text/css", b"body { color: red }\n"),
    ("a name with a space", b"/static/a%20b.txt", b"text/plain", b"a space\n"),
    ("a name that is not ASCII", b"/static/%C3%A9t%C3%A9.txt", b"text/plain", b"summer\n"),
    ("a name with two dots inside", b"/static/a..b.txt", b"text/plain", b"two dots\n"),
    ("a large file", b"/static/big.bin", b"application/octet-stream", bytes(range(256)) * 400),
    ("an empty file", b"/static/empty.txt", b"text/plain", b""),
]


@pytest.mark.parametrize("path,content_type,content", cases(FILES))
def test_a_file_is_served(web, path, content_type, content):
    answer = get(web, path)
    assert answer.status == 200
    assert answer.get("Content-Type").split(b";")[0] == content_type
    assert answer.body == content


@pytest.mark.parametrize("path,content_type,content", cases(FILES))
def test_HEAD_of_a_file_says_its_type_and_nothing_more(web, path, content_type, content):
    answer = get(web, path, "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.get("Content-Length") == b"%d" % len(content)


REFUSED = [
    ("a file that is not there", b"/static/none.txt"),
    ("a folder that is not there", b"/static/none/"),
    ("two dots", b"/static/../outside.txt"),
    ("two dots twice", b"/static/../../outside.txt"),
    ("two dots to the app", b"/static/../web.py"),
    ("two dots behind a folder", b"/static/folder/../../web.py"),
    ("two dots back to the folder", b"/static/../static/style.css"),
    ("two dots alone", b"/static/.."),
    ("two dots before the folder", b"/../static/style.css"),
    ("encoded dots", b"/static/%2e%2e/web.py"),
    ("encoded dots in capitals", b"/static/%2E%2E/web.py"),
    ("one encoded dot", b"/static/.%2e/web.py"),
    ("an encoded slash", b"/static/..%2fweb.py"),
    ("encoded dots and slash", b"/static/%2e%2e%2fweb.py"),
    ("twice encoded dots", b"/static/%252e%252e/web.py"),
    ("twice encoded slash", b"/static/..%252fweb.py"),
    ("a backslash", b"/static/..\\web.py"),
    ("an encoded backslash", b"/static/..%5cweb.py"),
    ("a backslash in a name", b"/static/folder%5cnote.txt"),
    ("two slashes", b"/static//style.css"),
    ("two slashes to an absolute path", b"/static//etc/passwd"),
    ("an encoded absolute path", b"/static/%2fetc/passwd"),
    ("an encoded absolute path to the end", b"/static/%2fetc%2fpasswd"),
    ("a trailing dot", b"/static/style.css."),
    ("a trailing encoded dot", b"/static/style.css%2e"),
    ("a trailing space", b"/static/style.css%20"),
    ("a trailing slash", b"/static/style.css/"),
    ("one dot", b"/static/./style.css"),
    ("one dot alone", b"/static/."),
    ("a NUL", b"/static/style.css%00"),
    ("a NUL before an ending", b"/static/../web.py%00.css"),
    ("a line end", b"/static/style.css%0d%0a"),
    ("a symbolic link to a file outside", b"/static/leak.txt"),
    ("a symbolic link to a folder outside", b"/static/leak/outside.txt"),
    ("a folder", b"/static/folder"),
    ("a folder with a slash", b"/static/folder/"),
    ("the folder itself", b"/static/"),
    ("the folder itself without a slash", b"/static"),
    ("a name that is not UTF-8", b"/static/%ff.txt"),
    ("a raw name that is not UTF-8", b"/static/\xff.txt"),
    ("a cut UTF-8 sequence", b"/static/%c3"),
    ("an overlong dot", b"/static/%c0%ae%c0%ae/web.py"),
    ("an overlong slash", b"/static/..%c0%afweb.py"),
    ("another folder with the same beginning", b"/static-not/secret.txt"),
    ("a name that begins with a dot", b"/static/.env"),
    ("an encoded dot at the beginning", b"/static/%2eenv"),
    ("half of an upload", b"/static/.0.part"),
    ("what a board runs first", b"/static/boot.py"),
    ("what a board runs first in capitals", b"/static/BOOT.PY"),
    ("what a board runs", b"/static/main.py"),
    ("passwords", b"/static/wifi.json"),
    ("a compiled page", b"/static/page_html.py"),
    ("a compiled template", b"/static/page_tpl.py"),
    ("a pipe that nobody writes to", b"/static/pipe.txt"),
    ("a drive", b"/static/c:/windows"),
    ("a very long name", b"/static/" + b"a" * 500),
    ("a very deep path", b"/static/" + b"a/" * 300),
]


@pytest.mark.parametrize("path", cases(REFUSED))
def test_nothing_is_served_from(web, path):
    answer = get(web, path)
    assert answer.status in (400, 404)
    for content in (b"secret", b"import picoweb", b"root:", b"color: red", b"in a folder"):
        assert content not in answer.body
    assert web.get("/").text == "hello"


@pytest.mark.parametrize("path", cases(REFUSED))
def test_nothing_is_served_by_HEAD_from(web, path):
    assert get(web, path, "HEAD").status in (400, 404)


def test_a_missing_file_keeps_the_connection(web):
    with web.connect() as c:
        c.send(b"GET /static/none HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.response().status == 404
        assert c.response().text == "hello"


def test_an_app_without_static_files_serves_none(serve):
    assert serve("webapp.py").get("/static/style.css").status == 404


def test_a_file_is_only_read(web):
    for method in ("PUT", "DELETE"):
        assert get(web, b"/static/style.css", method).status in (200, 405)
    assert get(web, b"/static/style.css").status == 200


def test_a_package_serves_its_own_folder(serve):
    answer = serve("packaged.py").get("/shop/static/shop.css")
    assert (answer.status, answer.get("Content-Type").split(b";")[0]) == (200, b"text/css")
    assert answer.text == ".shop { color: green }\n"


def test_a_package_serves_no_other_folder(serve):
    for path in ("/static/style.css", "/shop/static/style.css", "/shop/static/../../static/style.css"):
        assert serve("packaged.py").get(path).status in (400, 404)


# Files that handlers send


@pytest.fixture
def files(serve):
    return serve("files.py")


@pytest.mark.parametrize("name,content", cases([
    ("a name", "static/style.css", b"body { color: red }\n"),
    ("a slash and a name", "/static/style.css", b"body { color: red }\n"),
    ("two slashes and a name", "//static/style.css", b"body { color: red }\n"),
    ("a large file", "static/big.bin", bytes(range(256)) * 400),
    ("an empty file", "static/empty.txt", b""),
    ("a file without an ending", "static/big", None),
    ("a folder", "static", None),
    ("a folder with a slash", "static/", None),
    ("nothing", "/", None),
    ("the folder above", "../outside.txt", None),
    ("a slash and the folder above", "/../outside.txt", None),
    ("the folder above within", "static/../files.py", None),
    ("a backslash", "static\\style.css", None),
    ("an absolute path", "/etc/passwd", None),
    ("a name that begins with a dot", "static/.env", None),
    ("a pipe that nobody writes to", "static/pipe.txt", None),
    ("a NUL", "static/style.css\0", None),
]))
def test_sendfile_sends_what_is_in_the_folder_and_else_404_and_returns(files, name, content):
    path = "/send/" + "".join("%%%02x" % byte for byte in name.encode())
    before = len(json.loads(files.get("/sent").body))
    answer = files.get(path)
    if "\0" in name:
        assert answer.status == 400
        return
    assert (answer.status, answer.body) == ((200, content) if content is not None else (404, b"404 Not Found\n"))
    assert json.loads(files.get("/sent").body)[before:] == [name]


@pytest.mark.wire
def test_a_small_file_leaves_together_with_its_head(files):
    with files.connect() as c:
        c.send(b"GET /send/static/style.css HTTP/1.1\r\nHost: x\r\n\r\n")
        assert c.receive().endswith(b"body { color: red }\n")


def test_handle_static_takes_the_first_group_of_a_match(files):
    assert files.get("/group/static/style.css").text == "body { color: red }\n"
    assert files.get("/group/static/a%20b.txt").text == "a space\n"
    for path in ("/group/static/none", "/group/../outside.txt", "/group//etc/passwd", "/group/static/main.py"):
        assert files.get(path).status in (400, 404)


@pytest.mark.parametrize("path,text", cases([
    ("a file of its folder", "/shelf/static/disk.txt", "on the disk\n"),
    ("a resource of its module R", "/shelf/static/frozen.txt", "from R\n"),
    ("a resource before a file", "/shelf/static/both.txt", "R first\n"),
    ("nothing else", "/shelf/static/style.css", None),
]))
def test_a_package_without_an_init_has(files, path, text):
    answer = files.get(path)
    assert (answer.status, answer.text) == (200, text) if text else answer.status == 404


def test_a_short_name_of_FAT_is_none(files, runtime):
    if not runtime.is_micropython:
        pytest.skip("FAT is a board's")
    assert files.get("/fat/plain.txt").text == "secret of plain.txt"
    assert files.get("/fat/a%20long%20name.txt").text == "secret of a long name.txt"
    for name in ("ALONGN~1.TXT", "alongn~1.txt", "0~1.PAR", "0~1.par", "PART~1", ".0.part", "PLAIN.TXT", "plain.txt."):
        assert files.get("/fat/" + name).status == 404


TYPES = [("page.html", "text/html"), ("PAGE.HTM", "text/html"), ("style.css", "text/css"), ("a.b.js", "text/javascript"),
         ("m.mjs", "text/javascript"), ("data.json", "application/json"), ("x.png", "image/png"), ("x.jpg", "image/jpeg"),
         ("x.jpeg", "image/jpeg"), ("x.svg", "image/svg+xml"), ("favicon.ico", "image/x-icon"), ("x.webp", "image/webp"),
         ("x.woff2", "font/woff2"), ("x.wasm", "application/wasm"), ("x.pdf", "application/pdf"), ("x.mp4", "video/mp4"),
         ("x.csv", "text/csv"), ("x.js.gz", "application/gzip"), ("app.py", "text/plain"), ("README.md", "text/plain"),
         ("app.log", "text/plain"), ("a.ini", "text/plain"), ("a.conf", "text/plain"), ("a.toml", "text/plain"),
         ("a.yaml", "text/plain"), ("README", "text/plain"), ("x.bin", "application/octet-stream"),
         ("x.css ", "application/octet-stream"), ("x.", "application/octet-stream"), ("x.image", "application/octet-stream")]


@pytest.mark.parametrize("name,content_type", TYPES)
def test_the_type_is_that_of_the_ending(files, name, content_type):
    assert files.get("/type/" + name.replace(" ", "%20")).text == content_type
