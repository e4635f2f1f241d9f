"""The virtual board's `machine`: its resets, its watchdog, and pins that are only remembered."""

import os
import time
from umachine import *

import vboard

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)


def reset():
    """Starts the board anew, as its button does."""
    vboard.tell("reset")
    while True:  # until the power is gone
        time.sleep(1)


def reset_cause():
    """Why the board has started."""
    return int(os.getenv("VBOARD_CAUSE"))


def unique_id():
    """Six bytes that are this board's own."""
    return b"\x02pico\x01"


def freq(hz=125000000):
    """The processor's frequency, which is not set."""
    return hz


class WDT:
    """A watchdog: resets the board when it is not fed for `timeout` milliseconds."""

    def __init__(self, id=0, timeout=5000):
        self.timeout = timeout
        self.feed()

    def feed(self):
        """Puts the reset off."""
        vboard.tell("watchdog %d" % self.timeout)


class Pin:
    """A pin, which remembers its value."""

    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, id, mode=-1, pull=-1, value=0):
        self.id = id
        self._value = value

    def value(self, x=None):
        """The value, 0 or 1; with `x`, set it."""
        if x is None:
            return self._value
        self._value = int(bool(x))

    __call__ = value

    def on(self):
        self._value = 1

    def off(self):
        self._value = 0

    def toggle(self):
        self._value = 1 - self._value


class RTC:
    """The clock, which is the host's."""

    def datetime(self, when=None):
        """(year, month, day, weekday, hour, minute, second, microsecond); it is set already."""
        if when is None:
            year, month, day, hour, minute, second, weekday = time.gmtime()[:7]
            return year, month, day, weekday, hour, minute, second, 0
