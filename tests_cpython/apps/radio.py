"""A stand-in for `network` whose access points a test scripts; its time passes in pause() alone."""

import picoweb  # noqa: F401 - so that CPython knows uasyncio
import uasyncio as asyncio

# As in the firmware of each.
STATUS = {
    "pico": {"IDLE": 0, "CONNECTING": 1, "GOT_IP": 3, "CONNECT_FAIL": -1, "NO_AP_FOUND": -2, "WRONG_PASSWORD": -3},
    "esp32": {"IDLE": 1000, "CONNECTING": 1001, "GOT_IP": 1010, "CONNECT_FAIL": 203, "NO_AP_FOUND": 201,
              "WRONG_PASSWORD": 202, "HANDSHAKE_TIMEOUT": 204},
    "esp8266": {"IDLE": 0, "CONNECTING": 1, "WRONG_PASSWORD": 2, "NO_AP_FOUND": 3, "CONNECT_FAIL": 4, "GOT_IP": 5},
}
TAKES_MS = {"NO_AP_FOUND": 2500, "WRONG_PASSWORD": 3000, "CONNECT_FAIL": 1500, "GOT_IP": 1500}


class TimeIsOver(Exception):
    pass


class Radio:
    """The module. `air`: {ssid: key, or a dict of what is odd about that network}; `events`: [ms, ssid, there or gone]."""

    def __init__(self, kind="pico", air=(), events=(), speed=0, ends_ms=1 << 30):
        self.kind = kind
        self.air = {ssid: dict(air[ssid]) if isinstance(air[ssid], dict) else {"key": air[ssid]} for ssid in air}
        self.events = [list(event) for event in events]
        self.speed = speed
        self.ends_ms = ends_ms
        self.now_ms = 0
        self.away = set()
        self.made = {}
        self.settings = {}
        self.asked = []  # (ms, ssid, key) of each connect()
        self.recovers_ms = 1 << 30
        self.fails = {}  # until then: {"scan": text of the OSError to raise, "ap", "active", "config"}
        self.status = STATUS[kind]
        for name in self.status:
            setattr(self, "STAT_" + name, self.status[name])
        self.WLAN = Maker(self)

    def hostname(self, name=None):
        self.settings["hostname"] = name

    def country(self, code=None):
        self.settings["country"] = code

    async def pause(self, ms):
        self.now_ms += ms
        for event in self.events:
            if event[0] is not None and event[0] <= self.now_ms:
                event[0] = None
                (self.away.discard if event[2] else self.away.add)(event[1])
        if self.now_ms > self.ends_ms:
            raise TimeIsOver
        await asyncio.sleep_ms(ms // self.speed if self.speed else 0)

    def is_failing(self, what):
        return what in self.fails and self.now_ms < self.recovers_ms

    def refuse(self, what):
        if self.is_failing(what):
            raise OSError(self.fails[what])


class Maker:
    """network.WLAN: called, and asked for its constants."""

    IF_STA, IF_AP = 0, 1
    PM_NONE, SEC_WPA_WPA2 = 0x10, 0x400006

    def __init__(self, radio):
        self.radio = radio

    def __call__(self, interface):
        made = self.radio.made
        if interface not in made:
            made[interface] = WLAN(self.radio, interface)
        return made[interface]


class WLAN:
    def __init__(self, radio, interface):
        self.radio = radio
        self.interface = interface
        self.is_active = False
        self.settings = {"mac": b"\2\0\0\0\xab\xcd"}
        self.address = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "0.0.0.0")
        self.last = "IDLE"  # an ESP32 keeps it until there is another
        self.ssid = None
        self.goal = ("IDLE", 0)

    def active(self, on=None):
        if on is None:
            return self.is_active
        if on:
            self.radio.refuse("ap" if self.interface else "active")
        if on and self.interface and self.radio.is_failing("ap stays off"):
            return
        self.is_active = on

    def config(self, param=None, **settings):
        self.radio.refuse("config")
        if self.interface and self.radio.kind == "esp32" and not self.is_active and settings:
            raise OSError("Wifi Invalid Mode")
        self.settings.update(settings)
        return self.settings.get(param)

    def ifconfig(self, address=None):
        if address:
            self.address = tuple(address)
        return self.address

    def scan(self):
        self.radio.refuse("scan")
        if not self.is_active:
            raise OSError("STA must be active")
        found = []
        for ssid, network in self.radio.air.items():
            if ssid not in self.radio.away and not network.get("hidden"):
                for rssi in network.get("rssi", (-50,)):
                    name = network["bytes"] if "bytes" in network else ssid.encode()
                    found.append((name, b"\2" * 6, 1, rssi, 3 if network.get("key") else 0, False))
        return found

    def connect(self, ssid, key=None):
        radio = self.radio
        radio.refuse("connect")
        if not self.is_active:
            raise OSError("Wifi Not Started")
        radio.asked.append([radio.now_ms, ssid, key])
        network = radio.air.get(ssid)
        if network is None or ssid in radio.away:
            end = "NO_AP_FOUND"
        elif "status" in network:
            end = network["status"]
        elif (network.get("key") or None) != key:
            end = "WRONG_PASSWORD"
        else:
            end = network.get("end", "GOT_IP")
        self.ssid = ssid
        self.goal = (end, radio.now_ms + TAKES_MS.get(end, 1500))
        if radio.kind != "esp32":
            self.last = "CONNECTING"

    def disconnect(self):
        self.goal = ("IDLE", 0)
        if self.radio.kind != "esp32":
            self.last = "IDLE"

    def state(self):
        """What has become of the attempt: a status's name, or a number."""
        end, at_ms = self.goal
        if end == "GOT_IP" and self.ssid in self.radio.away:
            self.goal = end, at_ms = ("IDLE", 0)
            self.last = "CONNECT_FAIL"
        if end == "IDLE":
            return self.last
        if self.radio.now_ms < at_ms or end in ("SILENT", "NO_ADDRESS"):
            if end == "NO_ADDRESS" and self.radio.kind == "pico" and self.radio.now_ms >= at_ms:
                return 2
            return self.last if isinstance(self.last, int) or self.last != "IDLE" else "CONNECTING"
        self.last = end
        return end

    def status(self, param=None):
        if param == "rssi":
            if self.goal[0] not in ("NO_ADDRESS", "GOT_IP"):
                raise OSError("Wifi Not Connected")
            return -50
        state = self.state()
        return self.radio.status[state] if isinstance(state, str) else state

    def isconnected(self):
        return self.state() == "GOT_IP"
