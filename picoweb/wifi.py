"""Joins a Wi-Fi and stays in it: `WiFi({"home": "secret"}).run(app)`; it tells why where it cannot."""
from .http import asyncio

STA = 0  # the interface's number in every port
STEP_MS = 200
STALE_MS = 5000  # for which an ESP32 may still tell of the attempt before
NO_ADDRESS = 2  # a status of the Pico W's that has no name
TRUE_REASONS = 1  # retries of an ESP32's own, after which its status tells why; else it tries for ever
REASONS = (
    ("wrong password", "STAT_WRONG_PASSWORD", (15, 204, 210, 211)),  # and the ESP32's other words for it
    ("no such network", "STAT_NO_AP_FOUND", (212,)),
    ("no connection", "STAT_CONNECT_FAIL", ()),
)


class WiFiError(OSError):
    """Why no network was joined, in words."""


class WiFi:
    """A board's Wi-Fi. `networks`: {name: password}, or pairs where their order matters; times in seconds.

    `address`: (address, mask, gateway, DNS server) where the network is not to say. `network`: that module.
    """

    timeout = 20  # for a network to be joined
    max_pause = 60  # between attempts: 1, 2, 4...
    ssid = address = None  # of the network that is joined
    wlan = None

    def __init__(self, networks=(), hostname=None, country=None, address=None, power_save=False, network=None):
        self.networks = list(networks.items() if hasattr(networks, "items") else networks)
        self.hostname = hostname
        self.country = country
        self.static = address
        self.power_save = power_save
        self.network = network

    def say(self, *words):
        """Tells of what happens; never a password."""
        print("wifi:", *words)

    @staticmethod
    async def pause(ms):
        await asyncio.sleep_ms(ms)

    def up(self):
        """Switches the interface on, once; WiFiError where there is none."""
        if not self.network:
            try:
                import network
            except ImportError:
                raise WiFiError("this firmware has no module network: a board with Wi-Fi is needed")
            self.network = network
        network = self.network
        if not self.wlan:
            for name in ("hostname", "country"):
                value = getattr(self, name)
                if value and hasattr(network, name):
                    getattr(network, name)(value)
            self.wlan = network.WLAN(STA)
        if not self.wlan.active():
            self.attempt(self.wlan.active, True)
            if self.static:
                self.wlan.ifconfig(self.static)
            if not self.power_save:
                self.stay_awake(self.wlan)
            self.attempt(self.wlan.config, reconnects=TRUE_REASONS)
        return self.wlan

    def stay_awake(self, wlan):
        """A Pico W that saves power answers late, or not at all."""
        pm = getattr(self.network.WLAN, "PM_NONE", None)
        if pm is not None:
            self.attempt(wlan.config, pm=pm)

    def attempt(self, f, *args, **options):
        """Calls what a port may refuse, or lack; the error in words, or None."""
        try:
            f(*args, **options)
        except (OSError, RuntimeError, ValueError, TypeError) as e:  # RuntimeError is an ESP32's "unknown error"
            return str(e) or repr(e)

    async def join(self, ssid, key):
        """Joins this network, or raises WiFiError; the address."""
        wlan = self.up()
        await self.leave()
        before = wlan.status()
        waited = 0
        reason = self.attempt(wlan.connect, ssid, key or None)
        while not reason and not wlan.isconnected():
            status = wlan.status()
            if status != before:
                before = None
            if not before or waited >= STALE_MS and not self.is_associated(status):
                reason = self.reason(status)
            if waited >= self.timeout * 1000 and not reason:
                reason = "no address" if self.is_associated(status) else "no answer in %d seconds" % self.timeout
            await self.pause(STEP_MS)
            waited += STEP_MS
        if reason:
            await self.leave()
            raise WiFiError("%s: %s" % (ssid, reason))
        self.ssid = ssid
        self.address = wlan.ifconfig()[0]
        self.say("joined", ssid, self.address)
        return self.address

    async def leave(self):
        """Leaves the network, and ends an attempt that the driver would go on with."""
        self.ssid = self.address = None
        self.attempt(self.wlan.disconnect)
        for _ in range(10):  # an ESP32 does it later
            if not self.wlan.isconnected():
                break
            await self.pause(STEP_MS)

    def reason(self, status):
        """Why a status means that the attempt has failed; None where it goes on."""
        for words, name, others in REASONS:
            if status == getattr(self.network, name, None) or status in others:
                return words
        if status < 0 or 3 < status < 1000 and status != getattr(self.network, "STAT_GOT_IP", 3):
            return "no connection (%d)" % status

    def is_associated(self, status):
        """Whether it is only an address that lacks."""
        # An ESP32, which has the higher numbers, has no signal to tell of without an access point.
        return status == NO_ADDRESS or status > 5 and not self.attempt(self.wlan.status, "rssi")

    async def connect(self):
        """Joins the first of the known networks that can be joined; its address, or WiFiError with each one's reason."""
        if self.up().isconnected() and self.ssid:
            return self.address
        reasons = []
        for ssid, key in self.networks:
            try:
                return await self.join(ssid, key)
            except WiFiError as e:
                reasons.append(str(e))
        raise WiFiError(", ".join(reasons) or "no network is known")

    async def keep(self):
        """For a task: joins, and joins again when the network was lost."""
        pause = 1
        while True:
            try:
                await self.connect()
                pause = 1
                await self.pause(1000)
                if not self.wlan.isconnected():
                    self.say("lost", self.ssid)
                continue
            except (OSError, RuntimeError, MemoryError) as e:
                self.say("%s; again in %d s" % (e, pause))
            await self.pause(pause * 1000)
            pause = min(2 * pause, self.max_pause)

    def run(self, app, host="0.0.0.0", port=80, **options):
        """Serves an app, as app.run() does, while it joins and keeps the network."""
        self.up()
        asyncio.create_task(self.keep())
        app.run(host, port, **options)
