"""The virtual board's `network`: a WLAN that finds what VirtualBoard.networks holds at the moment it is asked.

A network there is a dict: "ssid" and "key" (none: open), and where a test wants it "after_ms" that joining takes, and
"status" that joining ends with in place of STAT_GOT_IP. Sockets are the host's, whether the WLAN has joined or not.
"""

import json
import time

import vboard

STA_IF, AP_IF = 0, 1
# As on a Raspberry Pi Pico W.
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3
AUTH_OPEN, AUTH_WPA2_PSK = 0, 3

# The host answers at all of 127.*.
_ADDRESSES = {STA_IF: ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1"),
              AP_IF: ("127.0.0.2", "255.0.0.0", "127.0.0.2", "0.0.0.0")}
_OFF = ("0.0.0.0",) * 4

_settings = {"hostname": "vboard", "country": "XX"}
_interfaces = {}


def hostname(name=None):
    """Gets or sets the board's name."""
    return _setting("hostname", name)


def country(code=None):
    """Gets or sets the country whose radio rules hold."""
    return _setting("country", code)


def _setting(key, value):
    if value is None:
        return _settings[key]
    _settings[key] = value


class WLAN:
    """A Wi-Fi interface; two objects of the same interface are as one."""

    IF_STA, IF_AP = STA_IF, AP_IF
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    def __init__(self, interface=STA_IF):
        begin = {"active": False, "wanted": None, "address": _ADDRESSES[interface],
                 "config": {"mac": bytes((2, 0, 0, 0, 0, interface)), "ssid": "", "channel": 1, "pm": 1}}
        self._is_station = interface == STA_IF
        self._now = _interfaces.setdefault(interface, begin)

    def active(self, is_active=None):
        """Whether the interface is on; with a value, switch it."""
        if is_active is None:
            return self._now["active"]
        self._now["active"] = bool(is_active)
        if not is_active:
            self._now["wanted"] = None

    def connect(self, ssid, key=None):
        """Begins to join a network."""
        if not self._now["active"]:
            raise OSError("the interface is off: call active(True) before connect()")
        self._now["wanted"] = (ssid, key, time.ticks_ms())
        self._now["config"]["ssid"] = ssid

    def disconnect(self):
        """Leaves the network."""
        self._now["wanted"] = None

    def isconnected(self):
        """Whether a network is joined; of an access point, whether it is on."""
        return self.status() == STAT_GOT_IP

    def status(self, param=None):
        """How far joining is; the signal in dBm for "rssi"."""
        if param == "rssi":
            return -50
        if not self._is_station:
            return STAT_GOT_IP if self._now["active"] else STAT_IDLE
        if not self._now["wanted"]:
            return STAT_IDLE
        ssid, key, since = self._now["wanted"]
        for network in json.loads(vboard.ask("networks")):
            if network["ssid"] == ssid:
                return _joining(network, key or None, time.ticks_diff(time.ticks_ms(), since))
        return STAT_NO_AP_FOUND

    def scan(self):
        """(ssid, bssid, channel, RSSI, security, hidden) of each network."""
        networks = json.loads(vboard.ask("networks"))
        return [(n["ssid"].encode(), b"\x02\0\0\0\0\x01", 1, n.get("rssi", -50),
                 AUTH_WPA2_PSK if n.get("key") else AUTH_OPEN, False) for n in networks]

    def ifconfig(self, config=None):
        """Gets (address, mask, gateway, DNS server), or sets them."""
        if config is None:
            return self._now["address"] if self.isconnected() else _OFF
        self._now["address"] = tuple(config)

    def config(self, param=None, **settings):
        """Gets one setting, or sets some."""
        if param is not None:
            return self._now["config"]["ssid" if param == "essid" else param]
        self._now["config"].update(settings)


def _joining(network, key, for_ms):
    if for_ms < network.get("after_ms", 0):
        return STAT_CONNECTING
    if network.get("key") != key:
        return STAT_WRONG_PASSWORD
    return network.get("status", STAT_GOT_IP)
