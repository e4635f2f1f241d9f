"""Sessions kept on the server: `app.use(BackendSession(MemoryBackend()))`; the cookie has an id alone."""
import ujson
import utime

from .crypto import token_hex
from .http import HTTPException, asyncio, coroutine
from .session import Session


class MemoryBackend:
    """Keeps at most `limit` sessions; the one that was used longest ago goes first."""

    def __init__(self, limit=32):
        self.limit = limit
        self.kept = {}  # id -> (time at which it ends, time of its last use, data)

    async def load(self, id):
        """Return the data of an id, {} if it is unknown or too old."""
        end, _, data = self.kept.get(id, (0, 0, {}))
        return data if end > utime.time() else {}

    async def save(self, id, data, timeout):
        """Keep `data` for `timeout` seconds; none, or no time, ends it."""
        now = utime.time()
        self.kept.pop(id, None)
        for old in [key for key in self.kept if self.kept[key][0] <= now]:
            del self.kept[old]
        if data and timeout > 0:
            if len(self.kept) >= self.limit:
                oldest = None
                for key in self.kept:
                    if oldest is None or self.kept[key][1] < self.kept[oldest][1]:
                        oldest = key
                del self.kept[oldest]
            self.kept[id] = now + timeout, now, data


class BackendSession(Session):
    """As Session, with an object that has the coroutines load(id) -> dict and save(id, data, timeout).

    `timeout`: seconds since the last use. What the backend raises, or does not do within `patience` seconds, is a 503.
    """

    def __init__(self, backend, timeout=28800, patience=5, httponly=True, secure=False, samesite="Lax", cookie="session_id"):
        self.backend = backend
        self.timeout = timeout
        self.patience = patience
        self.max_age = None
        self.cookie = cookie
        self.options = {"httponly": httponly, "secure": secure, "samesite": samesite}

    @coroutine
    def ask(self, app, coro):
        """Return what the backend does; HTTPException 503 if it fails."""
        try:
            return (yield from asyncio.wait_for(coro, self.patience))
        except Exception as e:
            app.tell("error", "session backend: %r", e)
            raise HTTPException(503, "no sessions now")

    @coroutine
    def load(self, app, cookie):
        if len(cookie) == 32 and not cookie.strip("0123456789abcdef"):
            return (yield from self.ask(app, self.backend.load(cookie)))

    def encode(self, session):
        return session.value or token_hex(16)

    @coroutine
    def save(self, app, session, cookie):
        if cookie and session.value != cookie:
            yield from self.ask(app, self.backend.save(cookie, {}, 0))
        if session.value:
            yield from self.ask(app, self.backend.save(session.value, ujson.loads(session.text), self.timeout))
