"""`network` on CPython: what an app does is seen by a test, and what a test sets is seen by the app."""

import pytest

import picoweb.host  # noqa: F401 (makes it known)

import network


@pytest.fixture(autouse=True)
def just_switched_on():
    network.forget()


def test_a_WLAN_connects():
    wlan = network.WLAN(network.STA_IF)
    assert (wlan.active(), wlan.isconnected(), wlan.status()) == (False, False, network.STAT_IDLE)
    assert wlan.ifconfig()[0] == "0.0.0.0"
    wlan.active(True)
    wlan.connect("home", "secret")
    assert (wlan.active(), wlan.isconnected(), wlan.status()) == (True, True, network.STAT_GOT_IP)
    assert wlan.ifconfig()[0] == wlan.ipconfig("addr4")[0] == "127.0.0.1"
    assert wlan.config("ssid") == wlan.config("essid") == "home"
    assert network.WLAN(network.STA_IF).connects == [("home", "secret")]
    assert wlan.status("rssi") < 0


def test_a_test_cuts_a_WLAN_off():
    wlan = network.WLAN()
    wlan.active(True), wlan.connect("home", "secret")
    network.WLAN(network.WLAN.IF_STA).disconnect()
    assert not wlan.isconnected()
    wlan.connect("home", "secret")
    wlan.active(False)
    assert not wlan.isconnected()


def test_a_WLAN_that_is_off_does_not_connect():
    with pytest.raises(OSError, match=r"active\(True\)"):
        network.WLAN(network.STA_IF).connect("home")


@pytest.mark.parametrize("ssid,key,status", [
    ("home", "secret12", network.STAT_GOT_IP), ("home", "another1", network.STAT_WRONG_PASSWORD),
    ("home", None, network.STAT_WRONG_PASSWORD), ("guests", None, network.STAT_GOT_IP),
    ("office", "secret12", network.STAT_NO_AP_FOUND),
])
def test_a_test_says_which_networks_there_are_and_with_which_passwords(ssid, key, status):
    wlan = network.WLAN()
    wlan.active(True)
    wlan.networks = [(name, b"\1\2\3\4\5\6", 6, -40, network.AUTH_WPA2_PSK, False) for name in (b"home", b"guests")]
    wlan.keys = {"home": "secret12"}
    wlan.connect(ssid, key)
    assert (wlan.status(), wlan.isconnected()) == (status, status == network.STAT_GOT_IP)
    wlan.disconnect()
    assert wlan.status() == network.STAT_IDLE


def test_an_access_point_is_up_when_it_is_on():
    ap = network.WLAN(network.AP_IF)
    ap.config(essid="board", password="12345678")
    ap.active(True)
    assert ap.isconnected() and ap.config("ssid") == "board"
    assert ap.ifconfig()[0] == "192.168.4.1"
    assert ap.status("stations") == []
    assert not network.WLAN(network.STA_IF).active()


def test_addresses_are_set():
    wlan = network.WLAN()
    wlan.active(True), wlan.connect("home")
    wlan.ifconfig(("10.0.0.5", "255.255.0.0", "10.0.0.1", "1.1.1.1"))
    assert (wlan.ipconfig("addr4"), wlan.ipconfig("gw4")) == (("10.0.0.5", "255.255.0.0"), "10.0.0.1")
    wlan.ipconfig(addr4="10.0.0.6/24", gw4="10.0.0.2")
    assert wlan.ifconfig() == ("10.0.0.6", "255.255.255.0", "10.0.0.2", "1.1.1.1")
    wlan.ipconfig(addr4=("10.0.0.7", "255.0.0.0"))
    assert (wlan.ifconfig()[0], wlan.ipconfig("dhcp4")) == ("10.0.0.7", False)
    wlan.ipconfig(dhcp4=True)
    assert (wlan.ifconfig()[0], wlan.ipconfig("dhcp4")) == ("127.0.0.1", True)


def test_scan_finds_what_a_test_has_put_there():
    wlan = network.WLAN()
    wlan.networks.append((b"home", b"\1\2\3\4\5\6", 6, -40, network.AUTH_WPA2_PSK, False))
    assert wlan.scan()[0][0] == b"home"


@pytest.mark.parametrize("ask", [
    lambda: network.WLAN().config("colour"), lambda: network.WLAN().ipconfig("addr9"),
    lambda: network.WLAN().status("colour"), lambda: network.WLAN(9),
])
def test_what_no_WLAN_knows_is_refused(ask):
    with pytest.raises(ValueError):
        ask()


def test_names_of_the_board():
    assert len(network.WLAN().config("mac")) == 6
    network.hostname("lamp"), network.country("CH")
    assert (network.hostname(), network.country()) == ("lamp", "CH")
    network.forget()
    assert network.hostname() == "picoweb"
