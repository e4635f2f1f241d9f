"""examples/dashboard.py: what each route answers, on a connection that is kept and on one that closes, and its page."""

import json
import shutil

import pytest

from conftest import OTHER_SERVERS, ROOT
from support.browser import chromium
from support.table import cases

EXAMPLES = ROOT / "examples"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@pytest.fixture
def dashboard(serve, folder):
    shutil.copytree(EXAMPLES / "www", folder / "www", dirs_exist_ok=True)
    return serve("example.py", str(EXAMPLES), "dashboard")


def request(method, path, body="", kind=None, closing=False):
    fields = ["Host: x"] + ["Connection: close"] * closing
    if method == "POST":
        fields += ["Content-Type: %s" % kind, "Content-Length: %d" % len(body)]
    return "\r\n".join(["%s %s HTTP/1.1" % (method, path), *fields, "", body]).encode()


def ask(server, steps, closing):
    """The answers to requests on one connection, or on a closing one each."""
    if closing:
        return [server.ask(request(*step, closing=True), step[0]) for step in steps]
    answers = []
    with server.connect() as connection:
        for step in steps:
            connection.send(request(*step))
            answers.append(connection.response(step[0]))
    return answers


def is_file(name):
    return lambda answer: answer.body == (EXAMPLES / "www" / name).read_bytes()


def is_state(answer):
    state = json.loads(answer.body)
    return sorted(state) == ["light", "name", "unit", "uptime", "values"] and len(state["values"]) == 4


def is_sensor(answer):
    sensor = json.loads(answer.body)
    return sensor["sensor"] == 2 and sensor["name"] == "Water" and 14.5 <= sensor["value"] <= 16.5


def is_json(value):
    return lambda answer: answer.get("content-type") == JSON.encode() and json.loads(answer.body) == value


def names_error(answer):
    return "error" in json.loads(answer.body)


def is_anything(answer):
    return True


ROUTES = cases([
    ("the page", "GET", "/", "", None, 200, is_file("index.html")),
    ("the style", "GET", "/style.css", "", None, 200, is_file("style.css")),
    ("the state", "GET", "/api/state", "", None, 200, is_state),
    ("a sensor", "GET", "/api/sensor/2", "", None, 200, is_sensor),
    ("no such sensor", "GET", "/api/sensor/4", "", None, 404, is_json({"error": "no such sensor"})),
    ("not a sensor's number", "GET", "/api/sensor/x", "", None, 404, is_anything),
    ("the light on", "POST", "/api/light", '{"on": true}', JSON, 200, is_json({"light": True})),
    ("the light off", "POST", "/api/light", '{"on": false}', JSON, 200, is_json({"light": False})),
    ("a light of no JSON", "POST", "/api/light", "on", JSON, 400, names_error),
    ("a light of a list", "POST", "/api/light", "[1]", JSON, 400, names_error),
    ("a light of nothing", "POST", "/api/light", "{}", JSON, 400, names_error),
    ("the settings", "POST", "/settings", "name=Greenhouse&unit=C", FORM, 303, lambda a: a.get("location") == b"/"),
    ("settings without a unit", "POST", "/settings", "name=x", FORM, 400, names_error),
    ("settings without values", "POST", "/settings", "name&unit", FORM, 400, names_error),
    ("no such page", "GET", "/favicon.ico", "", None, 404, is_anything),
    ("a method that it has not", "GET", "/api/light", "", None, 405, lambda a: b"POST" in a.get("allow")),
    ("the page's head", "HEAD", "/", "", None, 200, lambda a: not a.body),
])


@pytest.mark.parametrize("closing", [False, True], ids=["persistent", "closing"])
@pytest.mark.parametrize("method, path, body, kind, status, is_right", ROUTES)
def test_each_route_answers_twice(dashboard, method, path, body, kind, status, is_right, closing):
    for answer in ask(dashboard, [(method, path, body, kind)] * 2, closing):
        assert answer.status == status
        assert is_right(answer), (answer.headers, answer.body)


@pytest.mark.parametrize("closing", [False, True], ids=["persistent", "closing"])
def test_what_was_posted_is_in_the_state(dashboard, closing):
    steps = [
        ("POST", "/api/light", '{"on": true}', JSON),
        ("POST", "/settings", "name=K%C3%A4se+%26+Brot&unit=F", FORM),
        ("GET", "/api/state"),
        ("POST", "/api/light", '{"on": false}', JSON),
        ("POST", "/settings", "name=Greenhouse&unit=C", FORM),
        ("GET", "/api/state"),
    ]
    answers = ask(dashboard, steps, closing)
    changed, restored = (json.loads(answers[at].body) for at in (2, 5))
    assert (changed["light"], changed["name"], changed["unit"]) == (True, "Käse & Brot", "F")
    assert (restored["light"], restored["name"], restored["unit"]) == (False, "Greenhouse", "C")


def test_an_http_1_0_client_is_answered_and_the_connection_ends(dashboard):
    with dashboard.connect() as connection:
        connection.send(b"GET /api/sensor/2 HTTP/1.0\r\n\r\n")
        answer = connection.response()
        assert answer.status == 200 and is_sensor(answer)
        assert connection.closes()


def test_the_style_is_at_most_2_k():
    assert (EXAMPLES / "www" / "style.css").stat().st_size <= 2048


def test_the_page_shows_values_that_change_and_switches_the_light(dashboard, runtime, tmp_path):
    if runtime.name in OTHER_SERVERS:
        pytest.skip("the page is the same on every server")
    with chromium(tmp_path) as page:
        page.command("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        page.open(dashboard.url("/"))
        page.until("at('link').value == 'live' && at('cards').children.length == 4")
        assert page.run("document.documentElement.scrollWidth <= 390"), "the page is wider than a phone"
        value = "[...document.querySelectorAll('article output')].map(o => o.value).join()"
        before = page.until("/^\\d+\\.\\d °C,/.test(%s) && %s" % (value, value))
        page.until("%s != %s" % (value, json.dumps(before)))
        page.run("at('light').click()")
        page.until("!at('light').matches('.sending') && at('light').checked")
        assert json.loads(dashboard.get("/api/state").body)["light"] is True
        page.run("at('light').click()")
        page.until("!at('light').matches('.sending') && !at('light').checked")
        page.run("form.name.value = 'Cellar', form.unit.value = 'F', form.requestSubmit()")
        page.until("document.title == 'Cellar' && /°F/.test(%s)" % value)
        page.run("form.name.value = 'Greenhouse', form.unit.value = 'C', form.requestSubmit()")
        page.until("document.title == 'Greenhouse' && /°C/.test(%s)" % value)
