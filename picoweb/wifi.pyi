"""Joins a Wi-Fi and stays in it: `WiFi({"home": "secret"}).run(app)`; it tells why where it cannot."""

from collections.abc import Iterable, Mapping
from typing import Any

from picoweb import WebApp

class WiFiError(OSError):
    """Why no network was joined, in words."""

class WiFi:
    """A board's Wi-Fi. `networks`: {name: password}, or pairs where their order matters; "" for an open network.

    `country`: two letters, for the channels that are allowed there. `address`: (address, mask, gateway, DNS server)
    where the network is not to say. `network`: that module, or what stands in for it.
    """

    timeout: int  # seconds for a network to be joined
    max_pause: int  # seconds between attempts, which begin with one and double
    networks: list[tuple[str, str]]
    ssid: str | None  # of the network that was joined
    address: str | None
    wlan: Any  # network.WLAN, once it is used
    hostname: str | None
    power_save: bool

    def __init__(
        self,
        networks: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        hostname: str | None = None,
        country: str | None = None,
        address: tuple[str, str, str, str] | None = None,
        power_save: bool = False,
        network: Any = None,
    ) -> None: ...
    def run(self, app: WebApp, host: str = "0.0.0.0", port: int = 80, **options: Any) -> None:
        """Serves an app, as app.run() does, while it joins and keeps the network."""

    async def connect(self) -> str:
        """Joins the first of the known networks that can be joined; its address, or WiFiError with each one's reason."""

    async def join(self, ssid: str, key: str) -> str:
        """Joins this network, or raises WiFiError; the address."""

    async def keep(self) -> None:
        """For a task: joins, and joins again when the network was lost."""

    async def leave(self) -> None:
        """Leaves the network, and ends an attempt that the driver would go on with."""

    def say(self, *words: object) -> None:
        """Tells of what happens; never a password. For subclasses."""

    def up(self) -> Any:
        """Switches the interface on, once; its WLAN, or WiFiError where there is none."""
