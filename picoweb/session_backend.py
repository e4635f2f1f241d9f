"""Sessions that stay on the server: `Session(backend=Memory())`, or any object with coroutines load() and save()."""
import ujson
import utime

from .crypto import token_hex
from .http import Refusal, asyncio, coroutine

HEX = "0123456789abcdef"


class Memory:
    """A backend in memory, of at most `size` sessions: the one that was not used for longest makes room."""

    def __init__(self, size=32):
        self.size = size
        self.kept = []  # [id, JSON, timeout, time of the last use], the last used last

    @coroutine
    def load(self, session_id):
        """Return the data of a session, which counts as its use; {} if the id is unknown or too old."""
        for entry in self.kept:
            if entry[0] == session_id and abs(utime.time() - entry[3]) < entry[2]:
                self.kept.remove(entry)
                self.kept.append(entry)
                entry[3] = utime.time()
                return ujson.loads(entry[1])
        return {}
        yield

    @coroutine
    def save(self, session_id, data, timeout):
        """Keep a session until it was not used for `timeout` seconds; without data, or with no time, forget it."""
        self.cleanup_sessions(session_id)
        if data and timeout > 0:
            del self.kept[: max(0, len(self.kept) + 1 - self.size)]
            self.kept.append([session_id, ujson.dumps(data), timeout, utime.time()])
        return
        yield

    def cleanup_sessions(self, session_id=None):
        """Forget the sessions that are too old, and the one of that id."""
        now = utime.time()
        self.kept = [entry for entry in self.kept if entry[0] != session_id and abs(now - entry[3]) < entry[2]]


class Keeper:
    """What a Session asks of its backend, within `wait` seconds."""

    wait = 5

    def __init__(self, session, backend, timeout, cookie):
        session.keeper = self
        session.cookie = cookie or "session_id"
        session.max_age = None
        session.encode = self.encode
        self.backend = backend
        self.timeout = timeout

    def encode(self, session):
        """Return the id of a session."""
        return session.value or token_hex(16)

    @coroutine
    def ask(self, resp, function, *args):
        """Return what the backend answers; HTTPException 503 if it raises or takes too long."""
        fields = resp.fields
        resp.fields = None  # what the handler has written waits, too
        resp.deadline = resp.app.tick + self.wait
        try:
            return (yield from function(*args))
        except (Exception, asyncio.CancelledError) as e:
            if isinstance(e, asyncio.CancelledError) and resp.deadline >= 0:
                raise
            # Its message may have the id.
            resp.app.tell("error", "%s: the session backend: %s", resp.name(), type(e).__name__)
        finally:
            resp.deadline = 0
            resp.fields = fields
        raise Refusal(503, "no session backend")

    @coroutine
    def load(self, resp, session_id):
        """Return the data of an id that a client sent; {} if the backend does not know it."""
        if len(session_id) != 32 or session_id.strip(HEX):
            return {}
        return (yield from self.ask(resp, self.backend.load, session_id)) or {}

    @coroutine
    def save(self, resp, session, sent, before):
        """Save what has changed since `before`, its JSON, when the client `sent` its id, "" for none."""
        value = session.value
        if session.text == before and value == sent:
            return
        session.value = sent  # if it cannot be saved
        # What ended meanwhile, by a logout, stays ended.
        if value and (value != sent or (yield from self.ask(resp, self.backend.load, sent))):
            yield from self.ask(resp, self.backend.save, value, session, self.timeout)
        if sent and value != sent:
            yield from self.ask(resp, self.backend.save, sent, {}, 0)
        session.value = value
