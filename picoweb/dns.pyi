"""Answers every DNS query with one address, so that phones find the captive portal."""

from typing import Any

from picoweb.http import Coroutine

def answer(query: bytes, address: bytes) -> bytes | None:
    """The answer to a query; None where there is none to give. `address`: four bytes."""

def listen(host: str, port: int) -> Any:
    """The socket of serve(); OSError where the address cannot be had."""

def serve(s: Any, address: str) -> Coroutine[None]:
    """For a task: answers queries with `address` ("192.168.4.1") until it is cancelled, and closes the socket."""
