"""Joins a known Wi-Fi, or opens an access point with a page that asks for one: `Portal(wifi).run(app)`."""

from typing import Any

from picoweb import WebApp
from picoweb.wifi import WiFi

class Portal:
    """Where a WiFi turns when it can join no network. `ssid` and `key`: the access point's, which is open without a key.

    `path`: the file of the networks that were chosen. `port`: of the page. ValueError for what cannot be a network's.
    """

    retry: int  # seconds without a look at the page, after which the known networks are tried again
    linger: int  # seconds for the phone to fetch the good news
    host: str  # to listen at
    dns_port: int
    port: int  # of the page
    app_port: int  # of the app, as the page tells it; run() sets it

    def __init__(
        self, wifi: WiFi, ssid: str | None = None, key: str = "", path: str = "wifi.json", port: int = 80
    ) -> None: ...
    def run(self, app: WebApp, host: str = "0.0.0.0", port: int = 80, **options: Any) -> None:
        """Joins, then serves an app, as app.run() does, and keeps the network."""

    async def join(self) -> str:
        """Joins a known network, or one that somebody chooses; the address."""
