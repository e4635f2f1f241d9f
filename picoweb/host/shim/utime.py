"""MicroPython's `time` on CPython: all of CPython's `time`, the ticks, and dates as boards have them."""

import time as _time
from time import *  # noqa: F403

# Ticks wrap here, as on a 32-bit board, so that an app which forgets `ticks_diff` fails on the host too.
_PERIOD = 1 << 30


def ticks_ms():
    """Milliseconds since some moment, modulo the period of ticks."""
    return _time.monotonic_ns() // 1_000_000 % _PERIOD


def ticks_us():
    """Microseconds since some moment, modulo the period of ticks."""
    return _time.monotonic_ns() // 1_000 % _PERIOD


def ticks_cpu():
    """The finest ticks there are: microseconds here."""
    return ticks_us()


def ticks_add(ticks, delta):
    """`ticks` moved by `delta`, which may be negative."""
    return (ticks + delta) % _PERIOD


def ticks_diff(end, start):
    """Signed distance from `start` to `end`, right across a wrap."""
    return (end - start + _PERIOD // 2) % _PERIOD - _PERIOD // 2


def sleep_ms(ms):
    """Block for `ms` milliseconds."""
    _time.sleep(max(0, ms) / 1_000)


def sleep_us(us):
    """Block for `us` microseconds."""
    _time.sleep(max(0, us) / 1_000_000)


def gmtime(secs=None):
    """(year, month, day, hour, minute, second, weekday, day of the year) in UTC: eight, as boards have it."""
    return tuple(_time.gmtime(secs))[:8]


def localtime(secs=None):
    """`gmtime` in the host's time zone."""
    return tuple(_time.localtime(secs))[:8]


def mktime(when):
    """Seconds since the epoch as an int; takes MicroPython's tuples of eight as well as CPython's of nine."""
    return int(_time.mktime((*when[:8], -1)))
