"""Static files: what is served, and that nothing from outside the folder ever is."""

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
    assert answer.get("Content-Length") in (b"%d" % len(content), None)


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
