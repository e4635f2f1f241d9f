"""Sessions in tokens and in a backend, login, CSRF: /mem is an app with a backend; the log must tell no secret."""

import sys

import picoweb
from picoweb import crypto
from picoweb.auth import basic_auth, bearer_auth, current_user, guard_routes, login_user, logout_user, next_path, require_auth
from picoweb.csrf import CSRF, csrf_input
from picoweb.http import asyncio
from picoweb.password import check_password, hash_password
from picoweb.redirect import redirect
from picoweb.session import Session
from picoweb.session_backend import Keeper, Memory

Keeper.wait = 2


class Failing(Memory):
    mode = ""

    async def load(self, session_id):
        await self.fail("load", session_id)
        return await Memory.load(self, session_id)

    async def save(self, session_id, data, timeout):
        await self.fail("save", session_id)
        await Memory.save(self, session_id, data, timeout)

    async def fail(self, call, session_id):
        if self.mode == call + " raises":
            raise KeyError(session_id)
        if self.mode == call + " hangs":
            await asyncio.sleep(60)


app = picoweb.WebApp(None, serve_static=False)
app.use(Session(["the new key", "the old key"], max_size=600))
app.use(CSRF(exempt_paths=("/api/", "/mem/")))
guard_routes(app)
kept = picoweb.WebApp(None, serve_static=False)
backend = Failing()
kept.use(Session(backend=backend))


@app.post("/api/set")
@kept.post("/set")
async def set_session(req, resp):
    values = await req.json()
    for key in values:
        req.session[key] = values[key]
    return req.session


@app.get("/get")
@kept.get("/get")
async def get_session(req, resp):
    return req.session


@app.get("/do/<what>")
@kept.get("/do/<what>")
async def do(req, resp, what):
    session = req.session
    if what == "nested":
        session["list"].append(len(session["list"]))
    elif what == "clear":
        session.clear()
    elif what == "pop":
        session.pop("a")
    elif what == "regenerate":
        session.regenerate()
    elif what == "object":
        session["secret-value"] = object()
    elif what == "raise":
        session["raised"] = 1
        raise picoweb.HTTPException(418)
    elif what == "stream":
        session["streamed"] = 1
        await picoweb.start_response(resp, "text/plain")
        await resp.awrite("x" * 20000)
        session["late-secret"] = 1
        return
    elif what == "generator":
        return late(session)
    return session


def late(session):
    session["early"] = 1
    yield "x" * 20000
    session["late-secret"] = 1


@app.get("/token/<kind>")
async def token(req, resp, kind):
    """A token of another key, time or purpose."""
    key, purpose, age = {"old-key": ("the old key", "session", 0), "other-key": ("another", "session", 0),
                         "other-purpose": ("the new key", "else", 0), "expired": ("the new key", "session", 86401),
                         "young": ("the new key", "session", 86000), "future": ("the new key", "session", -86401)}[kind]
    time = crypto.utime
    crypto.utime = Clock(int(time.time()) - age)
    made = crypto.Signer(key, purpose, 86400, 999).dumps('{"made": 1}')
    crypto.utime = time
    return made


class Clock:
    def __init__(self, now):
        self.now = now

    def time(self):
        return self.now


@app.get("/clock/<kind>")
async def clock(req, resp, kind):
    """From now on the clock is set, or not."""
    crypto.gmtime = (lambda: (2021, 1, 1)) if kind == "unset" else picoweb.gmtime
    return "set"


@app.get("/mode/<mode>")
async def mode(req, resp, mode):
    backend.mode = mode.replace("-", " ")
    return "set"


@app.get("/form")
async def form(req, resp):
    return csrf_input(req.csrf_token)


@app.post("/form")
async def submit(req, resp):
    await req.read_form_data()
    return getattr(req, "form", {})


@app.post("/api/login")
@kept.post("/login")
async def login(req, resp):
    login_user(req, await req.json())
    return redirect(next_path(req))


@app.get("/logout")
@kept.get("/logout")
async def logout(req, resp):
    logout_user(req)
    return "out"


@app.get("/me")
@kept.get("/me")
@require_auth
def me(req, resp):
    return current_user(req)


@app.get("/admin")
@require_auth(role=("admin", "root"), redirect_to="/login")
async def admin(req, resp):
    return "admin"


@app.get("/basic")
@basic_auth(lambda name, password: {"name": name} if (name, password) == ("al", "se:cret") else None)
@require_auth
async def basic(req, resp):
    return current_user(req)


async def of_token(token):
    return {"name": "bo"} if token == "s3cret" else None


@app.get("/bearer")
@bearer_auth(of_token)
async def bearer(req, resp):
    return current_user(req)


@app.get("/option", auth=("admin", "root"))
async def option(req, resp):
    return "admin"


@app.get("/any-user", auth=True)
async def any_user(req, resp):
    return "user"


@app.get("/password/<text>")
async def password(req, resp, text):
    made = await hash_password(text, 20)
    return [made, await check_password(text, made), await check_password(text + "x", made), await check_password("", made)]


@app.get("/bounded")
async def bounded(req, resp):
    """Which of four sessions a backend for three has, the first of which was used again."""
    small = Memory(3)
    for n in range(4):
        await small.save(str(n), {"n": n}, 60)
        if n == 2:
            await small.load("0")
    found = []
    for n in range(4):
        found.append(bool(await small.load(str(n))))
    return found


@app.get("/wrong-use")
async def wrong_use(req, resp):
    told = []
    for middleware in (CSRF(), lambda: Session(""), lambda: Session(), lambda: Session("key", max_size=2000)):
        other = picoweb.WebApp(None, serve_static=False)
        try:
            other.use(middleware if isinstance(middleware, CSRF) else middleware())
            told.append(None)
        except (ValueError, RuntimeError) as e:
            told.append(type(e).__name__)
    return told


@app.websocket("/ws")
@require_auth
async def ws(req, ws):
    await ws.send(current_user(req)["name"])


app.mount("/mem", kept)
app.run(port=int(sys.argv[1]), debug=2)
