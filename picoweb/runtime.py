"""What the core takes from MicroPython, for the runtimes that lack it: CPython and Pycopy."""
import sys

if sys.implementation.name == "cpython":
    from picoweb.host.shim import uasyncio as asyncio
    from picoweb.host.shim.utime import gmtime

    def adapt(app_class):
        """Return the class of apps of this runtime."""
        from .host.app import WebApp

        return WebApp

else:
    from .pycopy import adapt, asyncio, gmtime
