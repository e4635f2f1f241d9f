"""A flight recorder at a route: what the app has answered and lost, how full the heap was, and its last error."""
import gc

import utime

from .http import asyncio, load


class Recorder:
    """Counts what the app is told of; `found` is what it knows. In place of app.log it hands on what the app logs."""

    def __init__(self, app):
        self.app = app
        self.log = None
        self.since = utime.ticks_ms()
        self.found = {"uptime": 0, "most": 0}
        app.count = self.count
        app.at_start(self.begin)

    def begin(self):
        """Take the place of the log that run() has set, and look at the heap from now on."""
        app = self.app
        if app.log is not self:
            self.log = app.log
            app.log = self
        asyncio.create_task(self.watch())

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

    def error(self, message, *args, **options):
        """Keep an error: of a long one how it begins, and how it ends, for a long path is not to hide its traceback."""
        text = str(message) % args if args else str(message)
        self.found["error"] = text[:99] + text[99:][-900:]
        if self.log:
            self.log.error(message, *args, **options)

    def __getattr__(self, name):
        return getattr(self.log, name) if self.log else ignore


def ignore(*args, **options):
    pass


def add(app, url="/status"):
    """Show it at `url`: a page to browsers; JSON to others, and with ?json."""
    recorder = Recorder(app)
    app.add_url_rule(url, lambda req, resp: load("status_page").show(recorder, req, resp))
