"""Feeds a board's watchdog while the app answers a request of its own; one that hangs is not fed, and the board restarts."""

from typing import Protocol

from picoweb import WebApp

class Watchdog(Protocol):
    """machine.WDT, or what is like it."""

    def feed(self) -> None: ...

async def feed(
    app: WebApp,
    wdt: Watchdog,
    port: int = 8081,
    host: str = "127.0.0.1",
    path: str = "/",
    every: float = 2,
    timeout: float = 4,
) -> None:
    """Asks the app for `path` each `every` seconds, and calls wdt.feed() where it answers in `timeout` seconds.

    For a task of its own, which never ends. Any status is an answer. A watchdog has to last `every` + `timeout` seconds.
    """
