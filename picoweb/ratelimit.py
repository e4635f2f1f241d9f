"""Limits on requests of a client: `app.use(RateLimit(100, 60))`, or of one route: `@rate_limit(5, 60)`."""
import utime

from .http import HTTPException


def client_key(req):
    """Return the client's address, of IPv6 its first 64 bits."""
    address = (req.client or ("",))[0].lower()
    if "." in address:  # IPv4, also within IPv6
        return address.rpartition(":")[2]
    head, gap, tail = address.partition("::")
    groups = head.split(":")
    if gap:
        groups += [""] * (8 - len(groups) - tail.count(":") - 1)
        groups += tail.split(":")
    return ":".join([group.lstrip("0") for group in groups[:4]])


class Memory:
    """Counts by key for `size` keys, of which the one that is silent for longest goes: of each two windows' hits."""

    def __init__(self, size=64):
        self.size = size
        self.hits = {}  # key: (ms of the last hit, hits of the window before, of this window)
        self.now = 0  # ms; ticks wrap
        self.ticks = utime.ticks_ms()

    def hit(self, key, window):
        """Count a request; return how many there were within `window` seconds, those of the window before by their share."""
        ticks = utime.ticks_ms()
        passed = utime.ticks_diff(ticks, self.ticks)
        self.ticks = ticks
        if passed < 0:  # days without a request
            self.hits = {}
        self.now += abs(passed)
        now = self.now
        if len(key) > 64:
            from uhashlib import sha256

            key = sha256(key.encode()).digest()
        if key not in self.hits and len(self.hits) >= self.size:
            self.hits.pop(min([(hit[0], key) for key, hit in self.hits.items()])[1])
        last, before, count = self.hits.get(key, (now, 0, 0))
        window *= 1000
        for _ in range(min(2, now // window - last // window)):
            before = count
            count = 0
        self.hits[key] = now, before, count + 1
        self.last = before, count + 1, now % window / window
        return before * (1 - self.last[2]) + count + 1

    def wait(self, limit):
        """Return the share of a window after which who has hit last is let in again, if it is silent."""
        before, count, share = self.last
        if count < limit:  # the window before weighs too much
            return 1 - (limit - 1 - count) / before - share
        return 2 - (limit - 1) / count - share

    def reset(self, key):
        """Forget a key's hits."""
        self.hits.pop(key, None)


class RateLimit:
    """Middleware that answers 429 with Retry-After to who asks more often than `limit` times in `window` seconds.

    Refused requests count, too. `store` has hit(key, window), which returns the count, and may have wait(limit).
    """

    def __init__(self, limit, window, store=None, key_func=client_key):
        self.limit = limit
        self.window = window
        self.store = store or Memory()
        self.key_func = key_func

    def check(self, req):
        """Count a request; HTTPException 429 if it is one too many."""
        store = self.store
        if store.hit(self.key_func(req), self.window) > self.limit:
            share = store.wait(self.limit) if hasattr(store, "wait") else 1
            raise HTTPException(429, "", {"Retry-After": int(share * self.window) + 1})

    def __call__(self, req, resp, next):
        self.check(req)
        return next()


def rate_limit(limit, window, store=None, key_func=client_key):
    """Decorator of a handler, below its route: RateLimit of that handler alone."""
    guard = RateLimit(limit, window, store, key_func)

    def add(handler):
        def limited(req, *args, **values):
            guard.check(req)
            return handler(req, *args, **values)

        return limited

    return add
