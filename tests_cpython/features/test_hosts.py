"""picoweb.hosts: an app answers to the hosts that it names."""

import pytest

from picoweb.hosts import hosts

from support.table import cases


@pytest.fixture
def app(serve):
    return serve("hosts.py")


def ask(server, host, target="/", version="1.1", extra=""):
    field = "" if host is None else "Host: %s\r\n" % host
    return server.ask(("GET %s HTTP/%s\r\n%s%sConnection: close\r\n\r\n" % (target, version, field, extra)).encode())


HOSTS = [
    ("a name", "device.local", 200),
    ("a name in other case", "DEVICE.Local", 200),
    ("a name with a port", "device.local:8081", 200),
    ("a name with its last dot", "device.local.", 200),
    ("a name with its last dot and a port", "device.local.:80", 200),
    ("an address", "192.168.4.1", 200),
    ("an address with a port", "192.168.4.1:8081", 200),
    ("an address of IPv6", "[::1]", 200),
    ("an address of IPv6 with a port", "[::1]:8081", 200),
    ("a name below another", "kitchen.board.test", 200),
    ("a name far below another", "lamp.kitchen.board.test:80", 200),
    ("a name that another is below", "board.test", 421),
    ("a name that ends alike", "motherboard.test", 421),
    ("the attacker's name", "evil.example", 421),
    ("a name with the allowed one before it", "device.local.evil.example", 421),
    ("a name with the allowed one after it", "evil-device.local", 421),
    ("another address", "192.168.4.2", 421),
    ("another address of IPv6", "[::2]", 421),
    ("localhost", "localhost", 421),
]
ODD = [
    ("no host of HTTP/1.0", None, "/", "1.0", 421),
    ("a host of HTTP/1.0", "device.local", "/", "1.0", 200),
    ("no host of HTTP/1.1", None, "/", "1.1", 400),
    ("an empty host", "", "/", "1.1", 421),
    ("two hosts", "device.local\r\nHost: evil.example", "/", "1.1", 400),
    ("an absolute target of an allowed host", "evil.example", "http://device.local:80/", "1.1", 200),
    ("an absolute target of another host", "device.local", "http://evil.example/", "1.1", 421),
]


@pytest.mark.parametrize("host,status", cases(HOSTS))
def test_the_host_is_compared(app, host, status):
    assert ask(app, host).status == status


@pytest.mark.wire
@pytest.mark.parametrize("host,target,version,status", cases(ODD))
def test_the_request_has(app, host, target, version, status):
    assert ask(app, host, target, version).status == status


@pytest.mark.wire
def test_a_refusal_tells_why_and_has_its_reason_phrase(app):
    answer = ask(app, "evil.example")
    assert "not a host of this app" in answer.text and "evil" not in answer.text
    assert answer.reason == "Misdirected Request"


UPGRADE = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"


@pytest.mark.parametrize("target", ["/", "/sub/page", "/static/style.css", "/nowhere"])
def test_nothing_runs_for_another_host(app, target):
    before = ask(app, "device.local", "/asked").text
    assert ask(app, "evil.example", target).status == 421
    assert ask(app, "device.local", "/asked").text == before


@pytest.mark.wire
def test_no_WebSocket_opens_for_another_host(app):
    with app.connect() as c:
        c.send(b"GET /ws HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\n" + UPGRADE.encode() + b"\r\n")
        assert c.response().status == 421


@pytest.mark.parametrize("target,text", [("/sub/page", "page"), ("/", "hello")])
def test_an_allowed_host_has_all(app, target, text):
    assert ask(app, "device.local", target).text == text


BAD = [
    ("a scheme", "http://device.local"),
    ("a port", "device.local:80"),
    ("an address of IPv6 with a port", "[::1]:80"),
    ("a path", "device.local/"),
    ("nothing", ""),
    ("a star alone", "*"),
    ("a star inside", "a.*.local"),
    ("a star without a dot", "*local"),
]


@pytest.mark.parametrize("name", [case[1] for case in BAD], ids=[case[0].replace(" ", "_") for case in BAD])
def test_what_is_no_host_is_told_when_the_app_starts(name):
    with pytest.raises(ValueError, match="is no host: it is a name or an address alone"):
        hosts(name)


def test_a_list_without_a_name_is_told():
    with pytest.raises(ValueError, match="lets nobody in"):
        hosts()
