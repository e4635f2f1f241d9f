"""The asyncio of the runtimes that lack MicroPython's: CPython and Pycopy."""
import sys

if sys.implementation.name == "cpython":
    from picoweb.host.shim import uasyncio as asyncio
else:
    from .pycopy import asyncio
