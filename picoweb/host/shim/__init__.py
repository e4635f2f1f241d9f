"""What CPython needs to offer a board's modules to `import`: `import uasyncio, utime, machine, ...`.

`install()` offers them, `uninstall()` takes everything back. Importing picoweb.host calls `install()`.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, spec_from_loader

from .board_only import why_not

__all__ = ["install", "uninstall"]

# What CPython has under the name without the "u".
_RENAMED = (
    "array", "binascii", "collections", "errno", "hashlib", "heapq", "io", "os", "random", "re", "struct",
    "sys",
)
# What this package has of its own, whatever else of the name there is: a board's own file would not run here.
_OWN = ("micropython", "uasyncio", "ujson", "ulogging", "uselect", "usocket", "utime")
# What is there only when nothing else of the name is: an app's tests may have their own.
_LAST = {
    **{name: __name__ + "." + name for name in ("btree", "machine", "network")},
    **{"u" + name: name for name in ("gzip", "platform", "ssl", "zlib")},
}
# What MicroPython adds to modules that CPython has too, and the module here that has it.
_ADDED = {
    "asyncio": ("uasyncio", ("ThreadSafeFlag", "sleep_ms", "ticks", "ticks_add", "ticks_diff", "wait_for_ms")),
    "gc": ("additions", ("mem_alloc", "mem_free", "threshold")),
    "os": ("additions", ("ilistdir",)),
    "sys": ("additions", ("print_exception",)),
    "time": ("utime", (
        "sleep_ms", "sleep_us", "ticks_add", "ticks_cpu", "ticks_diff", "ticks_ms", "ticks_us",
    )),
}

_modules = {}  # the names in `sys.modules` that are ours
_attributes = {}  # and those in CPython's modules: {(module, name): value}


def install():
    """Offer the board's modules to `import`, and MicroPython's additions; what is already there is left alone."""
    for name in _RENAMED:
        _offer("u" + name, name)
    for name in _OWN:
        _offer(name, __name__ + "." + name)
    _offer("uasyncio.core", __name__ + ".uasyncio")
    if "pkg_resources" in _modules or find_spec("pkg_resources") is None:
        _offer("pkg_resources", __name__ + ".pkg_resources")
    for name, (source, names) in _ADDED.items():
        module, source = import_module(name), import_module(__name__ + "." + source)
        for attribute in names:
            if not hasattr(module, attribute):
                _attributes[module, attribute] = value = getattr(source, attribute)
                setattr(module, attribute, value)
    if _Last not in sys.meta_path:
        sys.meta_path.append(_Last)


def uninstall():
    """Take back what `install` did: names in `sys.modules`, attributes of CPython's modules, the finder."""
    if _Last in sys.meta_path:
        sys.meta_path.remove(_Last)
    while _modules:
        name, module = _modules.popitem()
        if sys.modules.get(name) is module:
            del sys.modules[name]
    while _attributes:
        (module, name), value = _attributes.popitem()
        if getattr(module, name, None) is value:
            delattr(module, name)


def _offer(name, source):
    if name not in sys.modules:
        sys.modules[name] = _modules[name] = import_module(source)


class _Last:
    """The finder that `import` asks when no other one knows the name."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in _LAST:
            return spec_from_loader(name, _Last)
        # `from machine import X` asks for a module in ours, and passes over an error that has that very name.
        plain = name.removeprefix(__name__ + ".")
        reason = why_not(plain) if plain != name or "." not in name else None
        if reason:
            raise ModuleNotFoundError(reason, name=plain)
        return None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        name = module.__name__
        del sys.modules[name]
        _offer(name, _LAST[name])
