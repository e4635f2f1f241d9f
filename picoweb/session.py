"""Sessions: `app.use(Session(secret_key))` keeps the dict req.session in a signed cookie, or in a backend."""
from .cookies import set_cookie
from .crypto import Signer
from .http import coroutine, load, to_json


class SessionDict(dict):
    """What req.session is."""

    text = "{}"  # its JSON when it was looked at last
    value = ""  # of the cookie
    gone = False  # the head has left

    def regenerate(self):
        """Have a new id, or a new token; the old id ends."""
        self.text = self.value = ""


class Session:
    """Middleware that gives a request its `session`, and sends the cookie when that has changed."""

    keeper = None  # of sessions in a backend

    def __init__(self, secret_key=None, max_age=86400, httponly=True, secure=None, samesite="Lax", cookie=None,
                 max_size=1024, backend=None, timeout=28800):
        self.options = {"httponly": httponly, "secure": secure, "samesite": samesite}
        self.cookie = cookie or "session"
        self.max_age = max_age
        self.max_size = max_size
        self.keys = secret_key
        if backend:
            load("session_backend").Keeper(self, backend, timeout, cookie)
        elif secret_key is not None:
            self.setup(None)

    def setup(self, app):
        """Called by app.use(); ValueError if there is no key, or no room for a token."""
        if not self.keeper:
            keys = self.keys or getattr(app, "config", {}).get("SECRET_KEY")
            self.signer = Signer(keys, self.cookie, self.max_age, self.max_size)
            if app and self.max_size > app.max_head // 2:
                raise ValueError("max_size is over half of max_head")

    def look(self, session):
        """Have the cookie's value for what the session holds now; RuntimeError if the head has left."""
        try:
            text = to_json(session)
        except (TypeError, ValueError):  # which show it
            text = None
        if text != session.text:
            if session.gone:
                raise RuntimeError("a session changed after the head")
            session.text = text
            if not text:
                raise ValueError("session without a JSON form")
            session.value = self.encode(session) if session else ""

    def encode(self, session):
        return self.signer.dumps(session.text)

    @coroutine
    def __call__(self, req, resp, next):
        def leave(resp):
            self.look(session)
            if session.value != cookie and not session.gone:
                set_cookie(resp, self.cookie, session.value, len(session) and self.max_age, **self.options)
            session.gone = True

        cookie = req.cookies.get(self.cookie, "")
        session = req.session = SessionDict((yield from self.keeper.load(resp, cookie)) if self.keeper else self.signer.loads(cookie))
        if session:
            session.value = cookie
            session.text = to_json(session)
        else:
            cookie = ""
        before = session.text
        resp.at_head(leave)
        resp.at_end(leave)  # changes that come too late
        result = yield from next()
        if not session.gone:
            self.look(session)
        if self.keeper:
            yield from self.keeper.save(resp, session, cookie, before)
        return result
