"""Sessions: `app.use(Session(secret_key))` keeps the dict req.session in a signed cookie."""
from .cookies import set_cookie
from .crypto import Signer
from .http import coroutine, to_json


class SessionDict(dict):
    """What req.session is."""

    text = "{}"  # its JSON when it was looked at last
    value = ""  # of the cookie

    def regenerate(self):
        """Have a new token, or with a backend a new id: the old one ends."""
        self.text = self.value = ""


class Session:
    """Middleware: a request has a `session`, and the answer the cookie when that has changed.

    `secret_key`: str, bytes, or several, of which the first signs. `max_age` in seconds, `max_size` of a token in bytes.
    """

    def __init__(self, secret_key, max_age=86400, httponly=True, secure=False, samesite="Lax", cookie="session", max_size=1024):
        self.signer = Signer(secret_key, cookie, max_age)
        self.max_age = max_age
        self.max_size = max_size
        self.cookie = cookie
        self.options = {"httponly": httponly, "secure": secure, "samesite": samesite}

    @coroutine
    def load(self, app, cookie):
        """Return what is kept for a cookie's value, nothing if that is not ours."""
        if self.max_size > app.max_head // 2:
            raise ValueError("max_size is over half of max_head")
        return self.signer.loads(cookie)
        yield

    def encode(self, session):
        """Return the cookie's value for a session with something in it; ValueError if that is too long."""
        token = self.signer.dumps(session.text)
        if len(token) > self.max_size:
            raise ValueError("a session of %d bytes, over max_size" % len(token))
        return token

    @coroutine
    def save(self, app, session, cookie):
        """Keep a session, after its handler."""
        return
        yield

    def look(self, session):
        """Have the cookie's value for what the session holds now."""
        text = to_json(session)
        if text != session.text:
            session.text = text
            session.value = self.encode(session) if session else ""

    @coroutine
    def __call__(self, req, resp, next):
        cookie = req.cookies.get(self.cookie, "")
        found = cookie and (yield from self.load(req.app, cookie))
        session = req.session = SessionDict(found or ())
        if found:
            session.text = to_json(session)
            session.value = cookie
        known = session.value
        sent = []

        def leave(resp):
            self.look(session)
            if not sent and session.value != known:
                set_cookie(resp, self.cookie, session.value, self.max_age if session.value else 0, **self.options)
            sent.append(session.text)

        resp.at_head(leave)
        result = yield from next()
        self.look(session)
        if sent and sent[0] != session.text:
            raise RuntimeError("the session was changed after the head had left")
        yield from self.save(req.app, session, known)
        return result
