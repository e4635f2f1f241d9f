"""Make a board's imports work on CPython: `import uasyncio, utime, ulogging, ...` (host only, never on a board)."""

import sys
import traceback
from importlib import import_module
from importlib.util import find_spec

__all__ = ["install", "uninstall"]

# What CPython has under the name without the "u".
_RENAMED = (
    "array", "binascii", "collections", "errno", "hashlib", "heapq", "io", "json", "os", "random", "re", "select",
    "socket", "struct", "sys",
)
# What this package has of its own.
_OWN = ("micropython", "uasyncio", "ulogging", "utime")

_installed = {}


def install():
    """Offer the board's module names to `import`; a name that is already taken is left alone."""
    for name in _RENAMED:
        _offer("u" + name, name)
    for name in _OWN:
        _offer(name, __name__ + "." + name)
    _offer("uasyncio.core", __name__ + ".uasyncio")
    if "pkg_resources" in _installed or find_spec("pkg_resources") is None:
        _offer("pkg_resources", __name__ + ".pkg_resources")
    if not hasattr(sys, "print_exception"):
        sys.print_exception = print_exception


def uninstall():
    """Take back every name that `install` put into `sys.modules`."""
    while _installed:
        name, module = _installed.popitem()
        if sys.modules.get(name) is module:
            del sys.modules[name]
    if getattr(sys, "print_exception", None) is print_exception:
        del sys.print_exception


def print_exception(exc, file=None):
    """A board's `sys.print_exception`: the traceback of `exc`, to standard output unless told otherwise."""
    traceback.print_exception(type(exc), exc, exc.__traceback__, file=file or sys.stdout)


def _offer(name, source):
    if name not in sys.modules:
        sys.modules[name] = _installed[name] = import_module(source)


install()
