"""picoweb.portal on a scripted radio (apps/radio.py): its pages, its DNS, what goes wrong, and a phone's browser."""

import html
import json
import re
import socket
from urllib.parse import urlencode

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import picoweb.credentials as credentials
import picoweb.dns
import picoweb.host  # noqa: F401 - so that CPython knows usocket
from conftest import HERE, PRESENT, ROOT, free_port
from picoweb.portal import Portal
from support import waiting
from support.browser import chromium
from support.command import Running
from support.scripts import output
from support.table import cases
from support.waiting import WAIT_S

pytestmark = pytest.mark.wire
HOSTILE = "<b>\"'&"
RUNTIMES = pytest.mark.parametrize("name", [name for name in ("cpython", "mp64", "mp32") if name in PRESENT])
SCRIPT = """
import sys
sys.path.insert(0, %r)
import picoweb, ujson
from picoweb.portal import Portal
from picoweb.portal_page import AccessPoint
from picoweb.wifi import WiFi
from radio import Radio
""" % str(HERE / "apps")
HEADS = "Host: 127.0.0.1\r\nConnection: close\r\n"


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def dns_port(runtime):
    return free_udp_port()


@pytest.fixture
def portal(serve, dns_port):
    """A portal that is open, of all tests that do not close it."""
    return serve("portal.py", str(dns_port))


@pytest.fixture
def open_portal(start):
    """`open_portal(fault)` answers a portal of this test alone."""
    return lambda fault="": start("portal.py", str(free_udp_port()), fault)


def post(portal, fields="", **form):
    body = urlencode(form)
    head = "POST / HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n" % (HEADS, fields, len(body))
    return portal.ask((head + body).encode(), "POST")


def page(portal, path="/"):
    answer = portal.ask(("GET %s HTTP/1.1\r\n%s\r\n" % (path, HEADS)).encode())
    assert answer.status == 200, answer
    return answer.text


def alert(text):
    """What a page tells, or None."""
    found = re.search('<p role="alert">([^<]*)', text)
    return found and html.unescape(found.group(1))


def until(look):
    """Waits for look() to have a true value, which is answered."""
    def try_to_look():
        try:
            return look()
        except OSError:  # the portal ends, the app begins
            return None

    value = waiting.until(try_to_look)
    assert value, "not in %d s" % WAIT_S
    return value


def outcome(portal, **form):
    """Posts the form, and waits for what the page tells then."""
    answer = post(portal, **form)
    assert (answer.status, answer.get("location")) == (303, b"/")
    return until(lambda: alert(page(portal)))


def join(portal, **form):
    """Posts the form of a network that can be joined; the page that says so."""
    assert post(portal, **form).status == 303
    return until(lambda: "Joined" in page(portal) and page(portal))


def app_answer(portal):
    """What the app says that is served once a network is joined."""
    return until(lambda: is_app(portal) and json.loads(portal.get("/").text))


def is_app(portal):
    return portal.get("/").text.startswith("{")


# What it lists

def test_the_page_lists_the_networks_once_and_the_strongest_first(portal):
    text = page(portal)
    names = [html.unescape(name) for name in re.findall('name="ssid" value="([^"]*)"', text)]
    assert names == ["home", "guests", "café ☕", HOSTILE, "no addresses", "x" * 32]
    assert re.findall('value="(-[0-9]+)"', text) == ["-48", "-55", "-70", "-75", "-90", "-91"]
    assert text.count("(open)") == 1 and "guests (open)" in text
    assert "<b>\"" not in text


def test_the_page_looks_for_networks_again(portal):
    assert 'value="home"' in page(portal, "/?scan")


def test_a_browser_keeps_no_page(portal):
    answer = portal.ask(("GET / HTTP/1.1\r\n%s\r\n" % HEADS).encode())
    assert answer.get("cache-control") == b"no-store"


# Probes

PROBES = [
    ("Android asks for nothing", "connectivitycheck.gstatic.com", "/generate_204"),
    ("Android asks Google", "www.google.com", "/gen_204"),
    ("iOS asks for success", "captive.apple.com", "/hotspot-detect.html"),
    ("an older iOS asks for success", "www.apple.com", "/library/test/success.html"),
    ("Windows asks for a text", "www.msftconnecttest.com", "/connecttest.txt"),
    ("an older Windows asks for a text", "www.msftncsi.com", "/ncsi.txt"),
    ("Windows opens a page", "www.msftconnecttest.com", "/redirect"),
    ("Firefox asks for a page", "detectportal.firefox.com", "/canonical.html"),
    ("Firefox asks for a text", "detectportal.firefox.com", "/success.txt?ipv4"),
    ("somebody opens any page", "example.com", "/"),
    ("somebody opens a page with a port", "example.com:8080", "/a/b?c=d"),
]


@pytest.mark.parametrize("host,path", cases(PROBES))
def test_a_phone_that_looks_for_the_internet_is_sent_to_the_page(portal, host, path):
    answer = portal.ask(("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path, host)).encode())
    assert (answer.status, answer.get("location").decode()) == (302, portal.url("/"))


def test_other_paths_lead_to_the_page(portal):
    answer = portal.ask(("GET /generate_204 HTTP/1.1\r\n%s\r\n" % HEADS).encode())
    assert (answer.status, answer.get("location")) == (302, b"/")


def test_a_browser_that_looks_for_an_icon_does_not_get_the_page(portal):
    assert portal.get("/favicon.ico").status == 404


# What it refuses

CHOOSE = "Choose a network, or type its name."
BAD = [
    ("no name", {"key": "secret12"}, CHOOSE),
    ("an empty name", {"ssid": "", "other": " ", "key": "secret12"}, CHOOSE),
    ("nothing", {}, CHOOSE),
    ("a name of 33 bytes", {"other": "x" * 33}, "The name is 33 bytes long; at most 32 are allowed."),
    ("a name of 33 bytes in 11 characters", {"other": "☕" * 11}, "The name is 33 bytes long; at most 32 are allowed."),
    ("a name with a line end", {"ssid": "a\nb"}, "The name or the password has control characters."),
    ("a name with a NUL", {"other": "a\0b"}, "The name or the password has control characters."),
    ("a password with an escape", {"ssid": "home", "key": "1234567\x1b"},
     "The name or the password has control characters."),
    ("a short password", {"ssid": "home", "key": "1234567"},
     "The password is 7 bytes long; it may have 8 to 63, or 64 hexadecimal digits."),
    ("64 characters", {"ssid": "home", "key": "x" * 64},
     "The password is 64 bytes long; it may have 8 to 63, or 64 hexadecimal digits."),
    ("65 hexadecimal digits", {"ssid": "home", "key": "a" * 65},
     "The password is 65 bytes long; it may have 8 to 63, or 64 hexadecimal digits."),
]


@pytest.mark.parametrize("form,message", cases(BAD))
def test_what_cannot_be_a_network_is_refused_with_the_reason(portal, form, message):
    answer = post(portal, **form)
    assert (answer.status, alert(answer.text)) == (400, message)
    assert "<form" in answer.text and 'value="home"' in answer.text


def test_a_name_that_was_refused_is_there_to_be_corrected(portal):
    answer = post(portal, other=HOSTILE * 20, key="")
    assert "<b>" not in answer.text
    assert html.unescape(re.search('name="other" value="([^"]*)"', answer.text)[1]) == HOSTILE * 20


@pytest.mark.parametrize("body,status", cases([
    ("bytes that are no UTF-8", b"ssid=\xff\xfe", 400),
    ("a name twice", b"ssid=home&ssid=home", 400),
    ("a password twice is none, and what is no form no choice", b"other&key", 400),
    ("more than a form", b"ssid=" + b"x" * 2000, 413),
]))
def test_garbage_is_refused(portal, body, status):
    head = "POST / HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (HEADS, len(body))
    assert portal.ask(head.encode() + body, "POST").status == status


@pytest.mark.parametrize("origin", ["http://example.com", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_a_form_of_another_site_is_refused(portal, origin):
    answer = post(portal, "Origin: %s\r\n" % origin, ssid="home", key="another1")
    assert answer.status == 403
    assert "Joining" not in page(portal)


def test_a_form_to_a_name_is_refused(portal):
    head = "POST / HTTP/1.1\r\nHost: example.com\r\nOrigin: http://example.com\r\nContent-Length: 23\r\n\r\n"
    answer = portal.ask((head + "ssid=home&key=another12").encode(), "POST")
    assert answer.status == 302
    assert "Joining" not in page(portal)


def test_the_pages_own_form_is_taken(portal):
    assert post(portal, "Origin: http://127.0.0.1\r\n", ssid="home", key="1234567").status == 400


# What cannot be joined

@pytest.mark.parametrize("ssid,key,message", cases([
    ("a wrong password", "home", "another1", "Could not join home: wrong password."),
    ("a network that is not there", "none", "", "Could not join none: no such network."),
    ("a network that gives no address", "no addresses", "secret12", "Could not join no addresses: no address."),
    ("a hostile name", HOSTILE, "x" * 63, "Could not join <b>\"'&: wrong password."),
    ("a name in UTF-8", "café ☕", "☕☕☕", "Could not join café ☕: wrong password."),
    ("a name of 32 bytes and a key of 64 digits", "x" * 32, "0123456789abcdefABCDEF" + "0" * 42,
     "Could not join %s: wrong password." % ("x" * 32)),
]))
def test_why_a_network_was_not_joined_is_told_and_the_portal_stays_open(portal, ssid, key, message):
    assert outcome(portal, ssid=ssid, key=key) == message
    assert "<form" in page(portal)


def test_nothing_else_is_joined_meanwhile(open_portal):
    portal = open_portal("slow")
    assert post(portal, ssid="silent").status == 303
    assert post(portal, ssid="home", key="secret12").status == 303
    assert "Joining silent" in page(portal, "/?scan")


# What is joined

@pytest.mark.parametrize("form", cases([
    ("a network of the list", {"ssid": "home", "key": "secret12"}),
    ("a hidden network", {"other": " cellar ", "key": "secret12"}),
    ("an open network", {"ssid": "guests", "key": ""}),
    ("a name that needs escaping", {"ssid": HOSTILE, "key": "secret12"}),
    ("a name in UTF-8", {"ssid": "café ☕", "key": "secret12"}),
]))
def test_a_network_is_joined_and_stored_and_the_app_served(open_portal, form):
    portal = open_portal()
    assert outcome(portal, ssid="home", key="another1")
    told = join(portal, **form)
    ssid = form.get("ssid") or form["other"].strip()
    assert "Joined %s." % ssid in html.unescape(told) and "http://127.0.0.1:%d/" % portal.port in told
    answer = app_answer(portal)
    assert (answer["ssid"], answer["access point"]) == (ssid, False)
    assert json.loads(answer["stored"]) == [[ssid, form["key"]]]
    assert "secret12" not in portal.log() and "another1" not in portal.log()
    assert "Traceback" not in portal.log()


def test_a_stored_network_is_joined_at_the_next_start(open_portal, folder):
    portal = open_portal()
    join(portal, ssid="home", key="secret12")
    app_answer(portal)
    portal.end()
    portal.start()
    assert is_app(portal), "a page asks for a network"
    assert "joined home" in portal.log() and not app_answer(portal)["access point"]


def test_a_router_that_starts_later_than_the_board_is_found(open_portal):
    portal = open_portal("back")
    assert app_answer(portal)["ssid"] == "home"


# Faults

def test_a_scan_that_fails_is_told_and_a_name_may_be_typed(open_portal):
    portal = open_portal("scan")
    assert alert(page(portal)) == "Could not look for networks: Wifi Internal Error. Type the name."
    join(portal, other="home", key="secret12")
    assert app_answer(portal)["ssid"] == "home"


def test_a_full_flash_is_told_and_keeps_what_was_stored(open_portal):
    portal = open_portal("full")
    told = join(portal, ssid="home", key="secret12")
    assert alert(told) == "The network could not be stored: the disk is full."
    answer = app_answer(portal)
    assert (answer["ssid"], json.loads(answer["stored"])) == ("home", [["old", "secret34"]])


@pytest.mark.parametrize("fault,message", cases([
    ("an error of the driver", "ap", "no access point: Wifi Internal Error; again in 5 s"),
    ("an access point that stays off", "ap stays off", "no access point: it stays off; again in 5 s"),
]))
def test_an_access_point_that_does_not_start_is_told_and_tried_again(open_portal, fault, message):
    portal = open_portal(fault)  # it answers
    assert message in portal.log()
    assert "<form" in page(portal)


@RUNTIMES
def test_an_access_point_that_cannot_be_served_leaves_no_socket_open(tmp_path, name):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = free_udp_port()
        script = SCRIPT + """
import uasyncio as asyncio
import picoweb.dns as dns

async def main():
    portal = Portal(wifi, "lamp", port=%d)
    portal.host = "127.0.0.1"
    portal.dns_port = %d
    access_point = AccessPoint(portal)
    for _ in range(2):
        try:
            await access_point.open()
        except OSError as e:
            print(e.args[0])
        await access_point.close()
    dns.listen("127.0.0.1", portal.dns_port).close()
    print("free")

wifi = WiFi(network=Radio("pico"))
wifi.up()
asyncio.run(main())
""" % (taken.getsockname()[1], port)
        said = output(name, script, tmp_path).split("\n")
    assert said == ["98", "98", "free", ""]


@pytest.mark.parametrize("name", [name for name in PRESENT if name.startswith("mp")])
@pytest.mark.parametrize("which,said", cases([
    ("for the page is opened at the next try", 1, ["12", "open", "free"]),
    ("for the DNS is open without it", 2, ["open", "open", "free"]),
]))
def test_an_access_point_that_gets_no_socket(tmp_path, name, which, said):
    script = """
import sys
import socket as real

class Module:
    made = 0

    def __getattr__(self, name):
        return getattr(real, name)

    def socket(self, *args):
        self.made += 1
        if self.made == %d:
            raise OSError(12)
        return real.socket(*args)

sys.modules["socket"] = sys.modules["usocket"] = Module()
""" % which + SCRIPT + """
import uasyncio as asyncio
import picoweb.dns as dns

async def main():
    portal = Portal(wifi, "lamp", port=%d)
    portal.host = "127.0.0.1"
    portal.dns_port = %d
    access_point = AccessPoint(portal)
    for _ in range(2):
        try:
            await access_point.open()
            print("open")
        except OSError as e:
            print(e.args[0])
        await access_point.close()
    for _ in range(3):
        await asyncio.sleep_ms(0)  # the DNS ends with its task
    dns.listen("127.0.0.1", portal.dns_port).close()
    picoweb.listen("127.0.0.1", portal.port).close()
    print("free")

wifi = WiFi(network=Radio("pico"))
wifi.up()
asyncio.run(main())
""" % (free_port(), free_udp_port())
    assert [line for line in output(name, script, tmp_path).split("\n") if line and "wifi:" not in line] == said


# The file

FILES = [
    ("no file", None, []),
    ("a good one", '[["home", "secret12"], ["guests", ""]]', [["home", "secret12"], ["guests", ""]]),
    ("an empty one", "", []),
    ("one that was cut", '[["home", "secr', []),
    ("no list", '{"home": "secret12"}', []),
    ("a number", "1", []),
    ("no text", b"\xff\xfe\0", []),
    ("brackets without end", "[" * 5000, []),
    ("zeros, as after a power cut", bytes(300), []),
    ("pairs among other things", '[1, null, ["a"], ["home", 1], ["home", "short"], [[], {}], ["home", "secret12"]]',
     [["home", "secret12"]]),
]

@RUNTIMES
def test_a_damaged_file_is_read_as_far_as_it_can_be(tmp_path, name):
    for n, (_, content, _) in enumerate(FILES):
        if content is not None:
            (tmp_path / str(n)).write_bytes(content if isinstance(content, bytes) else content.encode())
    script = "import picoweb, ujson\nfrom picoweb.credentials import load\n" \
             "print(ujson.dumps([load(str(n)) for n in range(%d)]))" % len(FILES)
    found = json.loads(output(name, script, tmp_path))
    assert {row[0]: got for row, got in zip(FILES, found)} == {row[0]: row[2] for row in FILES}


def test_the_newest_networks_are_kept(tmp_path):
    path = str(tmp_path / "wifi.json")
    for n in range(6):
        credentials.save(path, "net %d" % n, "secret12")
    credentials.save(path, "net 4", "secret34")
    names = [["net 4", "secret34"], ["net 5", "secret12"], ["net 3", "secret12"], ["net 2", "secret12"]]
    assert credentials.load(path) == names
    assert [found.name for found in tmp_path.iterdir()] == ["wifi.json"]


# The access point

@RUNTIMES
@pytest.mark.parametrize("kind", ["pico", "esp32"])
@pytest.mark.parametrize("key,settings", cases([
    ("an open one", "", {"ssid": "lamp", "security": 0, "pm": 16}),
    ("one with a password", "secret12", {"ssid": "lamp", "key": "secret12", "security": 0x400006, "pm": 16}),
]))
def test_the_access_point_is_set_up_in_the_order_that_its_port_wants(tmp_path, name, kind, key, settings):
    script = SCRIPT + """
radio = Radio(%r)
wifi = WiFi(network=radio)
wifi.up()
AccessPoint(Portal(wifi, "lamp", %r)).start()
ap = radio.made[1]
ap.settings.pop("mac")
print(ujson.dumps([ap.active(), ap.settings]))
""" % (kind, key)
    assert json.loads(output(name, script, tmp_path)) == [True, settings]


@pytest.mark.parametrize("ssid,key,why", cases([
    ("a long name", "x" * 33, "", "33 bytes"), ("a short password", "lamp", "short", "5 bytes"),
]))
def test_an_access_point_that_cannot_be_is_refused_at_once(ssid, key, why):
    with pytest.raises(ValueError, match=why):
        Portal(None, ssid, key)


# DNS

def resolve(port, name, kind):
    return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=port, timeout=WAIT_S)


@pytest.mark.parametrize("name", [
    "captive.apple.com", "CaPtIvE.aPpLe.CoM", ".", "x" * 63 + ".example", ".".join(["abcdefg"] * 31),
])
@pytest.mark.parametrize("kind", ["A", "ANY"])
def test_every_name_has_the_access_points_address(portal, dns_port, name, kind):
    answer = resolve(dns_port, name, kind)
    assert answer.rcode() == dns.rcode.NOERROR and answer.flags & dns.flags.AA
    [records] = answer.answer
    assert records.name == dns.name.from_text(name) and records.ttl == 10
    assert [record.address for record in records] == ["127.0.0.1"]


@pytest.mark.parametrize("kind", ["AAAA", "HTTPS", "TXT", "PTR", "SOA", "MX", "TYPE65280"])
def test_another_kind_of_record_is_not_there(portal, dns_port, kind):
    answer = resolve(dns_port, "captive.apple.com", kind)
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])


def test_a_query_with_EDNS_is_answered(portal, dns_port):
    query = dns.message.make_query("captive.apple.com", "A", use_edns=0, payload=4096)
    assert dns.query.udp(query, "127.0.0.1", port=dns_port, timeout=WAIT_S).answer


GOOD = dns.message.make_query("captive.apple.com", "A").to_wire()


@st.composite
def packets(draw):
    """Bytes, or a query with some of its bytes changed, cut or followed by others."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=600))
    packet = bytearray(GOOD)
    for at, value in draw(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4)):
        packet[at] = value
    return bytes(packet[:draw(st.integers(0, len(GOOD)))] + draw(st.binary(max_size=20)))


@given(packets())
def test_what_is_answered_to_garbage_is_itself_well_formed(packet):
    reply = picoweb.dns.answer(packet, b"\x7f\0\0\1")
    if reply is not None:
        parsed = dns.message.from_wire(reply)
        assert reply[:2] == packet[:2] and parsed.flags & dns.flags.QR
        assert len(reply) <= len(packet) + 16


@pytest.mark.parametrize("packet,rcode", cases([
    ("no question", GOOD[:4] + b"\0\0" + GOOD[6:], dns.rcode.FORMERR),
    ("two questions", GOOD[:4] + b"\0\2" + GOOD[6:], dns.rcode.FORMERR),
    ("a name that is cut", GOOD[:20], dns.rcode.FORMERR),
    ("a type that is cut", GOOD[:-3], dns.rcode.FORMERR),
    ("a name that points to itself", GOOD[:12] + b"\xc0\x0c\0\1\0\1", dns.rcode.FORMERR),
    ("a name that is too long", GOOD[:12] + (b"\x3f" + b"x" * 63) * 4 + b"\0\0\1\0\1", dns.rcode.FORMERR),
    ("another opcode", GOOD[:2] + b"\x28" + GOOD[3:], dns.rcode.NOTIMP),
]))
def test_a_malformed_query_is_refused(packet, rcode):
    assert dns.message.from_wire(picoweb.dns.answer(packet, b"\x7f\0\0\1")).rcode() == rcode


@pytest.mark.parametrize("packet", cases([
    ("nothing", b""), ("a short one", GOOD[:11]), ("an answer", GOOD[:2] + b"\x81" + GOOD[3:]),
]))
def test_what_is_no_query_is_not_answered(packet):
    assert picoweb.dns.answer(packet, b"\x7f\0\0\1") is None


@pytest.mark.parametrize("name", [name for name in PRESENT if name.startswith("mp")])
def test_a_network_that_fails_does_not_end_the_DNS(tmp_path, name):
    script = SCRIPT + """
import io
import picoweb.dns as dns
import uasyncio as asyncio

GOOD = %r
# ENOMEM, ENOBUFS, ENETUNREACH, EHOSTUNREACH, ENETDOWN: of recvfrom(), and then of sendto().
errors = [12, 105, 101, 113, 100]
received, sent = errors + 6 * [0], list(errors)

class Socket(io.IOBase):
    def ioctl(self, request, arg):
        return arg & 1 if request == 3 else -1  # MP_STREAM_POLL

    def recvfrom(self, n):
        if not received:
            raise OSError(11)
        e = received.pop(0)
        if e:
            raise OSError(e)
        return GOOD, "somebody"

    def sendto(self, data, peer):
        if sent:
            raise OSError(sent.pop(0))
        print("answered", peer)

    def close(self):
        print("closed")

async def main():
    task = asyncio.create_task(dns.serve(Socket(), "192.168.4.1"))
    while received or sent:
        await asyncio.sleep_ms(5)
    task.cancel()
    await asyncio.sleep_ms(0)

asyncio.run(main())
""" % GOOD
    assert output(name, script, tmp_path).split("\n") == ["answered somebody", "closed", ""]


def test_garbage_does_not_end_the_DNS(portal, dns_port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:

        @given(packets())
        def send(packet):
            s.sendto(packet, ("127.0.0.1", dns_port))

        send()
    # Its own queue may still be full of it.
    until(lambda: answers(dns_port))


def answers(port):
    try:
        return dns.query.udp(dns.message.make_query("a.example", "A"), "127.0.0.1", port=port, timeout=0.5).answer
    except dns.exception.DNSException:
        return None


# On a phone

PHONE = {"width": 360, "height": 640, "deviceScaleFactor": 2, "mobile": True}
FITS = "document.documentElement.scrollWidth <= innerWidth && innerWidth == 360"


ON_ONE = pytest.mark.parametrize("runtime", ["mp64"], indirect=True)


@pytest.fixture
def phone(tmp_path):
    with chromium(tmp_path) as page:
        page.command("Emulation.setDeviceMetricsOverride", **PHONE)
        yield page


def seen(phone, script):
    """The value of a script once it is true, on whatever page is there by then."""

    def look():
        try:
            return phone.run(script)
        except AssertionError:  # between two pages
            return None

    return until(look)


def choose(phone, ssid, key):
    """Fills the form in and sends it."""
    phone.run("""
        document.querySelectorAll("[name=ssid]").forEach(radio => radio.checked = radio.value == %s)
        document.querySelector("[name=key]").value = %s
        document.querySelector("button").click()""" % (json.dumps(ssid), json.dumps(key)))


@ON_ONE
def test_a_phone_is_led_from_a_wrong_password_to_the_app(phone, open_portal):
    portal = open_portal()
    phone.open(portal.url("/"))
    assert phone.run(FITS)
    choose(phone, "home", "another1")
    assert seen(phone, "document.querySelector('[role=alert]')?.innerText") == "Could not join home: wrong password."
    assert phone.run(FITS)
    assert phone.run("document.querySelector('[name=ssid]:checked').value") == "home"
    choose(phone, "home", "secret12")
    seen(phone, "document.body.innerText.includes('Joined home')")
    assert phone.run(FITS)
    assert app_answer(portal)["ssid"] == "home"


@ON_ONE
def test_a_phone_is_told_what_is_tried(phone, open_portal):
    phone.open(open_portal("slow").url("/"))
    choose(phone, "silent", "")
    seen(phone, "document.body.innerText.includes('Joining silent')")
    assert phone.run(FITS)


@ON_ONE
def test_the_page_fits_a_phone_and_every_colour_scheme(phone, portal):
    for scheme, colour in (("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)")):
        phone.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        phone.open(portal.url("/"))
        assert phone.run(FITS)
        assert phone.run("getComputedStyle(document.body).color") == colour
    assert phone.run("document.querySelectorAll('script, link, img').length") == 0
    assert phone.run("performance.getEntriesByType('resource').filter(r => !r.name.endsWith('favicon.ico')).length") == 0


@ON_ONE
def test_a_phone_shows_hostile_names_as_they_are(phone, portal):
    phone.open(portal.url("/"))
    names = phone.run("[...document.querySelectorAll('label.n span')].map(span => span.innerText)")
    assert names == ["home", "guests (open)", "café ☕", HOSTILE, "no addresses", "x" * 32]


# The example

def test_the_example_shows_its_page_on_a_host(tmp_path):
    port = free_port()
    with Running("run", ROOT / "examples" / "portal.py", "--port", port, cwd=tmp_path) as running:
        running.line("Serving")
        url = "http://127.0.0.1:%d/" % port
        assert 'value="guests"' in httpx.get(url, timeout=WAIT_S).text
        httpx.post(url, data={"ssid": "home", "key": "another1"}, timeout=WAIT_S)
        told = until(lambda: alert(httpx.get(url, timeout=WAIT_S).text))
        assert told == "Could not join home: wrong password."
    assert [path.name for path in tmp_path.iterdir()] == []
