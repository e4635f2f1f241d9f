"""Runs an app's file with the modules that Pycopy has: those with a "u" in their names, and none without."""

import builtins
import sys

# What MicroPython has under these names too, and what Pycopy has not at all.
MISSING = (
    "asyncio", "binascii", "collections", "errno", "hashlib", "heapq", "io", "json", "logging", "os", "platform",
    "random", "re", "select", "socket", "ssl", "struct", "time", "tls",
)
import_module = builtins.__import__


def import_here(name, *args):
    if name.split(".")[0] in MISSING:
        raise ImportError("no module named '%s'" % name)
    return import_module(name, *args)


builtins.__import__ = import_here
sys.argv[:] = sys.argv[1:]
sys.path[0] = ""
with open(sys.argv[0]) as f:
    app = compile(f.read(), sys.argv[0], "exec")
exec(app, {"__name__": "__main__"})
