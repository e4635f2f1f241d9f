"""A board's `network` on CPython: a WLAN that connects at once unless a test says otherwise, and remembers it all."""

import ipaddress

from .board_only import why_not

__path__ = []  # so that `from network import X` tells why there is no X

STA_IF, AP_IF = range(2)
# The numbers of a Raspberry Pi Pico W, which apps for it write out.
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_CONNECT_FAIL, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -1, -2, -3
AUTH_OPEN, AUTH_WEP, AUTH_WPA_PSK, AUTH_WPA2_PSK, AUTH_WPA_WPA2_PSK = range(5)

_OFF = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
_ADDRESSES = {
    STA_IF: ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1"),
    AP_IF: ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0"),
}

_NOW = {"essid": "ssid", "dhcp_hostname": "hostname"}  # what settings were called before

_made = {}
_settings = {"hostname": "picoweb", "country": "XX"}


def __getattr__(name):
    raise AttributeError(why_not("network." + name) or "network has no " + name)


def forget():
    """Forget every WLAN: for tests, each of which wants a board just switched on."""
    _made.clear()
    _settings.update(hostname="picoweb", country="XX")


def hostname(name=None):
    """Get or set the board's name."""
    return _setting("hostname", name)


def country(code=None):
    """Get or set the country whose radio rules hold."""
    return _setting("country", code)


def _setting(key, value):
    if value is None:
        return _settings[key]
    _settings[key] = value


class WLAN:
    """A Wi-Fi interface, one object for each. `networks` is what `scan()` finds, `connects` what was asked for.

    Where there are `networks`, no other can be connected to; `keys` has their passwords, where those matter.
    """

    IF_STA, IF_AP = STA_IF, AP_IF
    SEC_OPEN, SEC_WPA_WPA2 = 0, 0x00400006
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = range(3)

    def __new__(cls, interface_id=STA_IF):
        if interface_id not in _ADDRESSES:
            raise ValueError(f"WLAN({interface_id!r}): the interfaces are network.STA_IF and network.AP_IF")
        if interface_id not in _made:
            _made[interface_id] = wlan = super().__new__(cls)
            wlan.begin(interface_id)
        return _made[interface_id]

    def begin(self, interface):
        """Set what a new interface begins with."""
        self._interface = interface
        self._active = self._connected = False
        self._failure = STAT_IDLE
        self._address = _ADDRESSES[interface]
        self._config = {
            "mac": bytes((2, 0, 0, 0, 0, interface)), "ssid": "", "channel": 1, "hostname": _settings["hostname"],
            "pm": self.PM_PERFORMANCE,
        }
        self.connects = []  # (ssid, key)
        self.networks = []  # (ssid, bssid, channel, RSSI, security, hidden), ssid and bssid in bytes
        self.keys = {}  # {ssid: key}

    def active(self, is_active=None):
        """Whether the interface is on; with a value, switch it."""
        if is_active is None:
            return self._active
        self._active = bool(is_active)
        self._connected = self._active and self._interface == AP_IF

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Connect, at once, or have `status()` tell why not; `OSError` where the interface is off."""
        if not self._active:
            raise OSError("the interface is off: call active(True) before connect()")
        self.connects.append((ssid, key))
        self._config["ssid"] = ssid
        self._failure = self._why_not(_text(ssid), _text(key))
        self._connected = self._failure == STAT_IDLE

    def _why_not(self, ssid, key):
        if self.networks and ssid not in [_text(network[0]) for network in self.networks]:
            return STAT_NO_AP_FOUND
        return STAT_WRONG_PASSWORD if self.keys.get(ssid, key) != key else STAT_IDLE

    def disconnect(self):
        """Leave the network; a test does it to see what an app does without one."""
        self._connected = False
        self._failure = STAT_IDLE

    def isconnected(self):
        return self._connected

    def status(self, param=None):
        """`STAT_GOT_IP` while connected, else why not or `STAT_IDLE`; the signal in dBm for "rssi"."""
        if param == "rssi":
            return -50
        if param == "stations":
            return []
        if param is not None:
            raise ValueError(f"status({param!r}): it knows 'rssi' and 'stations'")
        return STAT_GOT_IP if self._connected else self._failure

    def scan(self):
        """The networks that a test has put there."""
        return list(self.networks)

    def ifconfig(self, config=None):
        """Get (address, mask, gateway, DNS server), or set them; "dhcp" is to get them from the network."""
        if config is None:
            return self._address if self._connected else _OFF
        self._address = _ADDRESSES[self._interface] if config == "dhcp" else tuple(config)

    def ipconfig(self, param=None, **settings):
        """Get one of "addr4", "gw4", "dhcp4", or set some."""
        address, mask, gateway, dns = self.ifconfig()
        if param is not None:
            known = {"addr4": (address, mask), "gw4": gateway, "dhcp4": self._address == _ADDRESSES[self._interface]}
            return _known(known, param)
        addr4 = settings.get("addr4", (address, mask))
        if isinstance(addr4, str):
            addr4 = _split(addr4)
        self.ifconfig("dhcp" if settings.get("dhcp4") else (*addr4, settings.get("gw4", gateway), dns))

    def config(self, param=None, **settings):
        """Get a setting ("mac", "ssid", "channel", ...), or set some."""
        for name, value in settings.items():
            self._config[_NOW.get(name, name)] = value
        if param is not None:
            return _known(self._config, _NOW.get(param, param))


def _known(settings, param):
    if param not in settings:
        raise ValueError(f"unknown config param {param!r}; known are {', '.join(sorted(settings))}")
    return settings[param]


def _text(name):
    """A name or password as `str`; "" where there is none."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, (bytes, bytearray)) else name or ""


def _split(address):
    """("192.168.1.5", "255.255.255.0") of "192.168.1.5/24"."""
    interface = ipaddress.ip_interface(address)
    return str(interface.ip), str(interface.netmask)
