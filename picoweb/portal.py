"""Joins a known Wi-Fi, or opens an access point with a page that asks for one: `Portal(wifi).run(app)`."""
from .credentials import load, why_not
from .http import asyncio
from .http import load as load_module
from .wifi import WiFiError


class Portal:
    """Where a WiFi turns when it can join no network. `ssid` and `key`: the access point's, which is open without a key.

    `path`: the file of the networks that were chosen. Times in seconds.
    """

    retry = 60  # without a look at the page, after which the known networks are tried again
    linger = 20  # for the phone to fetch the good news
    host = "0.0.0.0"
    dns_port = 53
    app_port = 80  # which the good news names

    def __init__(self, wifi, ssid=None, key="", path="wifi.json", port=80):
        why = why_not(ssid or "x", key)
        if why:
            raise ValueError(why)
        self.wifi = wifi
        self.ssid = ssid
        self.key = key
        self.path = path
        self.port = port

    def run(self, app, host="0.0.0.0", port=80, **options):
        """Joins, then serves an app, as app.run() does, and keeps the network."""
        self.app_port = port
        asyncio.get_event_loop().run_until_complete(self.join())
        self.wifi.run(app, host, port, **options)

    async def join(self):
        """Joins a known network, or one that somebody chooses; the address."""
        wifi = self.wifi
        wifi.up()
        for pair in reversed(load(self.path)):
            self.know(*pair)
        try:
            return await wifi.connect()
        except WiFiError as e:
            wifi.say(e)
        return await load_module("portal_page").AccessPoint(self).join()

    def know(self, ssid, key):
        """Has this network be the first to be tried."""
        self.wifi.networks = [(ssid, key)] + [pair for pair in self.wifi.networks if pair[0] != ssid]
