"""Freezes picoweb into firmware: a board's manifest says include("path/to/picoweb/manifest.py").

include(..., without=("testing", "websocket")) leaves parts out: names of PARTS. What no part has is always there: the
core (__init__, http, utils) and the small modules that it loads when an app names what is in them. A module that
another part needs is kept. There is no metadata() here: that of an included manifest is the firmware's.
"""

import os

PARTS = {
    "bind": ("bind",),
    "classes": ("classes", "classes_websocket", "kept", "websocket", "websocket_session"),
    "config": ("config",),
    "cors": ("cors",),
    "hosts": ("hosts",),
    "multipart": ("classes_files", "form", "multipart", "saving"),
    "plugins": ("plugins",),
    "portal": ("credentials", "dns", "portal", "portal_page", "saving", "wifi"),
    "ratelimit": ("ratelimit",),
    "session": ("auth", "crypto", "csrf", "password", "session", "session_backend"),
    "signed": ("crypto", "signed"),
    "sse": ("hub", "kept", "sse"),
    "static": ("conditions", "static"),
    "status": ("status", "status_page"),
    "store": ("records", "store"),
    "templates": ("template_compiler", "templates"),
    "testing": (
        "kept", "testing/__init__", "testing/request", "testing/websocket", "testing/wire", "websocket", "websocket_session",
    ),
    "upload": ("saving", "upload"),
    "validate": ("validate",),
    "watchdog": ("watchdog",),
    "websocket": ("kept", "websocket", "websocket_session"),
    "wifi": ("wifi",),
}
ELSEWHERE = {"__main__", "pycopy", "runtime"}  # of hosts, and for interpreters without MicroPython's asyncio

options.defaults(without=())
without = (options.without,) if isinstance(options.without, str) else options.without
for part in without:
    if part not in PARTS:
        raise ValueError("without %r: there is no such part of picoweb; there are %s" % (part, ", ".join(PARTS)))

modules = {name[:-3] for name in os.listdir("picoweb") if name.endswith(".py")} - ELSEWHERE
modules |= {"testing/" + name[:-3] for name in os.listdir("picoweb/testing") if name.endswith(".py")}  # and not host/
modules -= {module for part in without for module in PARTS[part]}
modules |= {module for part in PARTS if part not in without for module in PARTS[part]}
# -O3 leaves out line numbers and asserts.
package("picoweb", files=sorted(module + ".py" for module in modules), opt=3)
