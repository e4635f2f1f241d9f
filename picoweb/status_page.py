"""What the flight recorder of status.py knows, as JSON or as a page."""
import sys

from .html import escape

try:
    import machine
except ImportError:
    machine = None

VERSION = "3.0.0"
PAGE = """<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">\
<title>Status</title><style>body{font:1rem sans-serif}th{text-align:left;padding-right:1em}pre{white-space:pre-wrap}</style>\
<h1>Status</h1><table>%s</table><pre>%s</pre>"""


def show(recorder, req, resp):
    """The handler of the route."""
    found = report(recorder.app, recorder.look())
    if b"text/html" in resp.head and req.qs != "json":
        found = page(found)
    return found, 200, {"Cache-Control": "no-store"}


def report(app, found):
    """All of it; what is not known is None."""
    connections = {name: found.get(name, 0) for name in ("most", "evicted", "refused", "timed_out")}
    now = connections["now"] = len(app.connections)
    connections["most"] = max(connections["most"], now)
    return {
        "uptime": found["uptime"],
        "mem_free": found["free"],
        "mem_free_lowest": found["least"],
        "connections": connections,
        "requests": {"%dxx" % status: found.get(status, 0) for status in range(1, 6)},
        "last_error": found.get("error"),
        "reset_cause": reset_cause(),
        "picoweb": VERSION,
        "python": sys.version,
    }


def reset_cause():
    """The name that `machine` has for why the board has started; None where it has none."""
    try:
        cause = machine.reset_cause()
    except AttributeError:
        return None
    for name in dir(machine):
        if name.endswith("_RESET") and getattr(machine, name) == cause:
            return name


def page(found):
    error = found.pop("last_error")
    rows = []
    for name in sorted(found):
        values = found[name]
        if not isinstance(values, dict):
            values = {"": values}
        for key in sorted(values):
            rows.append("<tr><th>%s %s<td>%s" % (name.replace("_", " "), key.replace("_", " "), escape(str(values[key]))))
    return PAGE % ("".join(rows), escape(error or "no error"))
