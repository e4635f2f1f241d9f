"""A flight recorder at a route: what the app has answered and lost, how full the heap was, and its last error."""
import gc

import utime

from .stream import asyncio, late


class Recorder:
    """The app's log, which counts what it is told; `found` is what it knows."""

    task = None

    def __init__(self, app):
        self.app = app
        self.init = app.init
        self.since = utime.ticks_ms()
        self.found = {"uptime": 0, "most": 0}
        self.log = app.log
        app.log = self
        app.init = self.begin

    def begin(self):
        """init(), before which run() has set a log."""
        self.init()
        app = self.app
        if app.log is not self:
            self.log = app.log
            app.log = self
        self.task = self.task or asyncio.create_task(self.watch())

    async def watch(self):
        while True:
            self.look()
            await asyncio.sleep_ms(9999)

    def look(self):
        found = self.found
        s = utime.ticks_diff(utime.ticks_ms(), self.since) // 1000
        self.since = utime.ticks_add(self.since, s * 1000)
        found["uptime"] += s
        gc.collect()
        found["free"] = free = gc.mem_free()
        found["least"] = min(free, found.get("least", free))
        return found

    def count(self, event):
        found = self.found
        found[event] = found.get(event, 0) + 1
        found["most"] = max(found["most"], len(self.app.connections))

    def __getattr__(self, name):
        own = self.log and getattr(self.log, name)
        if own and name not in ("error", "info"):
            return own

        def say(message, *args, **options):
            if name == "error":
                text = str(message) % args if args else str(message)
                # Of a long one how it begins, and how it ends: a long path is not to hide its traceback.
                self.found["error"] = text[:99] + text[99:][-900:]
            elif message == "%s %s %s" and args and isinstance(args[-1], int):  # an answer, in stream.py
                self.count(args[-1] // 100)
            if own:
                return own(message, *args, **options)

        return say


def add(app, url="/status"):
    """Shows it at `url`: a page to browsers; JSON to others, and with ?json."""
    recorder = Recorder(app)
    app.add_url_rule(url, lambda req, resp: late("status_page").show(recorder, req, resp))
