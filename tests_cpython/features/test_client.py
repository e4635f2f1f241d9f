"""Who the client is: its own address, or behind proxies that the app names the one they forward for."""

import json

import pytest

from conftest import OTHER_SERVERS, PRESENT
from support.table import cases

# uvicorn has a rule of its own, and believes 127.0.0.1.
OWN = [name for name in PRESENT if name not in OTHER_SERVERS]
pytestmark = pytest.mark.parametrize("runtime", OWN, indirect=True, scope="session")
HERE = "127.0.0.1"

FORWARDED = [
    ("no field", "", HERE),
    ("an address", "1.2.3.4", "1.2.3.4"),
    ("an address of IPv6", "2001:db8::1", "2001:db8::1"),
    ("an address with a port", "1.2.3.4:5678", "1.2.3.4"),
    ("what the client wrote before it", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
    ("a proxy behind a proxy", "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
    ("proxies alone", "10.0.0.1, 127.0.0.1", "10.0.0.1"),
    ("a proxy that the client pretends to be", "10.0.0.1, 1.2.3.4", "1.2.3.4"),
    ("blanks and tabs", " 6.6.6.6 ,\t1.2.3.4 ", "1.2.3.4"),
    ("an empty field", " ", HERE),
    ("a comma behind", "1.2.3.4,", HERE),
    ("commas alone", ",,,", HERE),
    ("a word", "unknown", HERE),
    ("a name of a host", "evil.example", HERE),
    ("a script", "<script>", HERE),
    ("quotes", '"1.2.3.4"', HERE),
    ("what is not UTF-8", "\xff\xfe", HERE),
    ("a word behind a proxy", "evil, 10.0.0.1", "10.0.0.1"),
    ("many", "6.6.6.6, " * 150 + "1.2.3.4", "1.2.3.4"),
]


def ask(server, value, name="X-Forwarded-For"):
    data = ("GET /client HTTP/1.1\r\nHost: x\r\n%s: %s\r\n\r\n" % (name, value)).encode("latin-1")
    return json.loads(server.ask(data).body)


@pytest.mark.parametrize("value,address", cases(FORWARDED))
def test_a_named_proxy_tells_the_client(serve, value, address):
    (told, port), peer = ask(serve("around.py", HERE, "10.0.0.1"), value)
    assert (told, peer) == (address, HERE)
    assert port == 0 or address == HERE


@pytest.mark.parametrize("value", ["1.2.3.4", "127.0.0.1", "6.6.6.6, 1.2.3.4", "", "unknown"])
@pytest.mark.parametrize("proxies", [(), ("10.0.0.1",)], ids=["no proxy", "another proxy"])
def test_what_a_client_forges_counts_for_nothing(serve, value, proxies):
    (told, port), peer = ask(serve("around.py", *proxies), value)
    assert (told, peer) == (HERE, HERE) and port > 0


@pytest.mark.parametrize("name", ["X-Real-IP", "Forwarded", "Remote-Addr", "X-Client-IP", "X-Forwarded-Fo", "XX-Forwarded-For"])
def test_no_other_field_tells_the_client(serve, name):
    assert ask(serve("around.py", HERE, "10.0.0.1"), "1.2.3.4", name)[0][0] == HERE


def test_two_fields_are_one_list(serve):
    fields = "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 1.2.3.4\r\n"
    assert json.loads(serve("around.py", HERE, "10.0.0.1").get("/client", fields).body)[0] == ["1.2.3.4", 0]
