"""picoweb.ratelimit: who asks too often is told when to come back; addresses and keys of every form."""

import itertools

import pytest

from support.table import cases, on_all

pytestmark = on_all()
numbers = itertools.count(1)


@pytest.fixture
def server(serve):
    return serve("asked.py")


@pytest.fixture
def address():
    """One that no other test has: the server keeps its counts."""
    n = next(numbers)
    return "10.%d.%d.1" % (n // 250, n % 250)


def ask(server, path, address, fields=""):
    return server.get(path, "X-Forwarded-For: %s\r\n%s" % (address, fields))


def statuses(server, paths, address):
    return [ask(server, path, address).status for path in paths]


def test_one_too_many_is_429_and_told_when_to_come_back(server, address):
    assert statuses(server, ["/limited/page"] * 3, address) == [200] * 3
    answer = ask(server, "/limited/page", address)
    assert answer.status == 429 and 1 <= int(answer.get("Retry-After")) <= 7200


def test_what_is_missing_and_a_handshake_count_too(server, address):
    assert statuses(server, ["/limited/nowhere", "/limited/ws", "/limited/page", "/limited/page"], address) == [404, 400, 200, 429]


def test_another_client_and_another_app_are_let_in(server, address):
    assert statuses(server, ["/limited/page"] * 4, address)[-1] == 429
    assert ask(server, "/limited/page", address + "2").status == 200
    assert ask(server, "/", address).status == 200


def test_two_routes_whose_handlers_have_one_name_have_counts_of_their_own(server, address):
    assert statuses(server, ["/one/a", "/one/b", "/one/c", "/two", "/two", "/two"], address) == [200, 200, 429, 200, 200, 429]


def test_who_waits_as_long_as_told_is_let_in(server, address):
    import time

    for _ in range(20):
        answer = ask(server, "/short", address)
        if answer.status == 429:
            break
    time.sleep(int(answer.get("Retry-After")))  # the time is what is tested
    assert ask(server, "/short", address).status == 200


WAITS = [
    ("all hits in this window", "3,0,4,0.5", 2 - 2 / 4 - 0.5),
    ("this window begins", "3,4,1,0", 0.75),
    ("this window is half over", "3,4,1,0.5", 0.25),
    ("a limit of one", "1,0,2,0.25", 1.75),
    ("many refused", "3,0,200,0.5", 1.49),
]


@pytest.mark.parametrize("query,share", cases(WAITS))
def test_the_wait_lasts_until_enough_hits_have_left(server, query, share):
    assert float(server.get("/waits?" + query).text) == pytest.approx(share, 1e-5)


FORGED = ["6.6.6.6, %s", "127.0.0.1, %s", "%s:99", " %s\t"]


@pytest.mark.parametrize("form", FORGED)
def test_a_forged_X_Forwarded_For_is_no_other_client(server, address, form):
    if server.runtime.name == "uvicorn":  # has a rule of its own
        form = "%s"
    assert statuses(server, ["/one/a"] * 2, address) == [200, 200]
    assert ask(server, "/one/a", form % address).status == 429


KEYS = [
    ("IPv4", "1.2.3.4", "1.2.3.4"),
    ("IPv4 within IPv6", "::ffff:1.2.3.4", "1.2.3.4"),
    ("IPv6 is its first 64 bits", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
    ("another of the same 64 bits", "2001:db8:1:2:ffff::1", "2001:db8:1:2"),
    ("large letters", "2001:DB8:1:2::1", "2001:db8:1:2"),
    ("zeros in front", "2001:0db8:0001:0002::1", "2001:db8:1:2"),
    ("a gap in the first half", "2001:db8::3:4:5:6:7", "2001:db8::3"),
    ("zeros written out", "2001:db8:0:0:3:4:5:6", "2001:db8::"),
    ("zeros left out", "2001:db8::3:4:5:6", "2001:db8::"),
    ("the host itself", "::1", ":::"),
    ("nothing", "", ""),
    ("colons alone", ":::::::::", ":::"),
]


@pytest.mark.parametrize("address,key", cases(KEYS))
def test_an_address_has_one_key(server, address, key):
    assert server.get("/key?" + address).text == key


def by_keys(server, keys):
    return [server.get("/by-key?" + key).status for key in keys]


def test_the_table_is_bounded_and_the_most_silent_goes(server):
    assert by_keys(server, ["a", "b", "c", "d", "a"]) == [200] * 4 + [429]
    assert by_keys(server, ["e", "a"]) == [200, 429]  # b has gone, a has not
    assert by_keys(server, ["b"]) == [200]


def test_long_keys_that_begin_and_end_alike_are_others(server):
    keys = ["long" + "x" * 800 + middle + "y" * 500 for middle in "12"]
    assert by_keys(server, keys + keys) == [200, 200, 429, 429]


def test_a_store_of_the_apps_own_counts(server):
    server.get("/reset")
    assert [server.get("/store").status for _ in range(2)] == [200, 429]
    assert server.get("/store").get("Retry-After") == b"61"
    server.get("/reset")
    assert server.get("/store").status == 200
