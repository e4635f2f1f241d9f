"""A picoweb app under the servers of others: ASGI and WSGI, real processes and real sockets."""

import socket
import threading

import pytest

from conftest import PRESENT
from support.servers import ASGI, WSGI, OtherServer
from support.table import cases


def servers(names):
    return pytest.fixture(scope="module", params=names, ids=str)(a_server)


def a_server(request, tmp_path_factory):
    name = request.param
    command, app = (ASGI[name], "servers:asgi_app") if name in ASGI else (WSGI[name], "servers:wsgi_app")
    server = OtherServer(name, command, app, tmp_path_factory.mktemp("server"))
    yield server.start()
    server.end()


server = servers([*ASGI, *WSGI])
CONCURRENT = [*ASGI, *(name for name in WSGI if name != "gunicorn-preloaded")]  # whose requests meet in one process
concurrent = servers(CONCURRENT)
asgi_server = servers([*ASGI])


ANSWERS = [
    ("a dict", "/json", 200, '{"hello": "world"}', {"content-type": "application/json", "content-length": "18"}),
    ("a str", "/text", 200, "text", {"content-type": "text/html; charset=utf-8"}),
    ("what a generator writes", "/generator", 201, "written", {"content-type": "text/plain", "x-one": "1"}),
    ("a generator that awaits native coroutines", "/native", 200, "helped", {}),
    ("a response by hand", "/hand", 202, "by hand", {"x-one": "1", "x-two": "2"}),
    ("chunks by hand", "/hand-chunks", 200, "abcde", {}),
    ("two headers of one name", "/cookies", 200, "two", {"set-cookie": "a=1, b=2"}),
    ("a large answer", "/large", 200, "0123456789" * 100000, {"content-length": "1000000"}),
    ("an answer in many parts", "/parts", 200, "".join("%04d" % n * 100 for n in range(1000)), {}),
    ("no route", "/none", 404, "404 Not Found\nno such page\n", {}),
    ("a method that is not allowed", "/form", 405, None, {"allow": "POST, OPTIONS"}),
    ("an HTTPException", "/teapot", 418, "418 Other\nshort and stout\n", {}),
    ("an error handler", "/key", 422, '{"missing": "\'absent\'"}', {}),
    ("an exception", "/fail", 500, "500 Internal Server Error\n", {}),
    ("a connection that is kept", "/kept", 200, "data: 0\n\ndata: 1\n\ndata: 2\n\n", {}),
    ("a malformed escape", "/echo/%zz", 400, None, {}),
]


@pytest.mark.parametrize("path,status,text,headers", cases(ANSWERS))
def test_answers(server, path, status, text, headers):
    if path == "/echo/%zz" and (server.name in WSGI or server.name == "granian"):
        pytest.skip("this server decodes the path, or refuses it, by itself")
    answer = server.get(path)
    assert answer.status_code == status
    assert text is None or answer.text == text
    for name, value in headers.items():
        assert sorted(answer.headers[name].split(", ")) == sorted(value.split(", ")), name


def test_an_exception_is_in_the_servers_log(server):
    server.get("/fail")
    assert "ValueError: its reason" in server.log()


def test_HEAD_has_the_headers_and_no_body(server):
    answer = server.head("/json")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "18")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_request_reaches_the_handler_whole(server, method):
    answer = server.request(method, "/echo/a%20b/J%C3%BCrgen?x=1&y=%26", content="body", headers={"X-Test": "value"})
    assert answer.json() == {
        "method": method, "path": "/echo/a%20b/J%C3%BCrgen", "rest": "a b/J\xfcrgen", "qs": "x=1&y=%26", "body": "body",
        "header": "value",
    }


def test_a_percent_sign_in_a_path_is_itself(server):
    assert server.get("/echo/100%25").json()["rest"] == "100%"


def test_a_form_is_read(server):
    assert server.post("/form", data={"a": "1 & 2", "b": ["x", "y"]}).json() == {"a": "1 & 2", "b": ["x", "y"]}


def test_a_chunked_body_is_read(server):
    assert server.post("/count", content=(b"x" * 1000 for _ in range(16))).text == "16000"


def test_a_body_at_the_limit_is_read(server):
    assert server.post("/count", content=b"x" * 16384).text == "16384"


@pytest.mark.parametrize("parts", [1, 17], ids=["length", "chunks"])
def test_a_body_over_the_limit_is_413(server, parts):
    content = b"x" * 16385 if parts == 1 else (b"x" * 1000 for _ in range(parts))
    answer = server.post("/count", content=content)
    assert (answer.status_code, answer.text) == (413, "413 Content Too Large\na body over 16384 bytes\n")


def test_a_response_that_fails_late_is_cut_and_logged(server):
    try:
        answer = server.get("/fail-late")
        # Waitress and granian's WSGI end the response as if it were whole.
        assert server.name in ("waitress", "granian-wsgi", "granian", "gunicorn", "gunicorn-preloaded"), answer
    except Exception as e:
        assert type(e).__name__ in ("RemoteProtocolError", "ReadError")
    assert "ValueError: its late reason" in server.log()


def test_a_response_whose_head_has_no_end_is_500(server):
    assert server.get("/no-head").status_code == 500


def test_parts_leave_when_they_are_written(concurrent):
    with concurrent.stream("GET", "/piecewise") as answer:
        parts = answer.iter_text()
        assert next(parts) == "first "
        assert concurrent.get("/set/go").text == "set"
        assert "".join(parts) == "second"


def test_requests_are_answered_beside_each_other(concurrent):
    texts = []
    waiting = threading.Thread(target=lambda: texts.append(concurrent.get("/await/beside").text))
    waiting.start()
    assert concurrent.get("/set/beside").text == "set"
    waiting.join(10)
    assert texts == ["came"]


def test_the_handler_of_a_client_that_leaves_is_cancelled(asgi_server):
    with socket.create_connection(("127.0.0.1", asgi_server.port)) as s:
        s.sendall(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asgi_server.get("/await/begun").text == "came"
    assert asgi_server.get("/await/gone").text == "came"
    assert "CancelledError" not in asgi_server.log()


def test_a_handler_that_writes_to_a_client_that_has_left_ends(concurrent):
    with socket.create_connection(("127.0.0.1", concurrent.port)) as s:
        s.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert s.recv(100)
    assert concurrent.get("/await/gone").text == "came"


@pytest.mark.parametrize("name", [name for name in ASGI if name != "granian"])
def test_an_init_that_fails_ends_the_server_with_the_reason(name, tmp_path):
    server = OtherServer(name, ASGI[name], "servers:asgi_fails", tmp_path)
    try:
        status = server.process.wait(15)
    finally:
        server.end()
    assert status or name == "hypercorn"  # which says so in its log alone
    assert "RuntimeError: the database is away" in server.log()


def test_every_kind_of_server_is_among_the_runtimes_or_here():
    assert {"uvicorn", "hypercorn"} <= set(PRESENT)
