"""Sessions, logins and forged requests: `session.py PORT`."""

import sys

import picoweb
import uasyncio as asyncio
from picoweb import auth
from picoweb.csrf import CSRF, csrf_input
from picoweb.passwords import check_password, hash_password
from picoweb.session import Session
from picoweb.session_backend import BackendSession, MemoryBackend

SECRET = "a secret that no log shows"
app = picoweb.WebApp(None, serve_static=False)
app.use(Session([SECRET, "an older secret"], max_age=60))
app.use(CSRF(exempt_paths=("/kept", "/set", "/nested", "/login", "/logout", "/clear", "/big", "/pop")))
auth.guard(app)


class Frail(MemoryBackend):
    """A backend that does as it is told."""

    mode = "well"

    async def save(self, id, data, timeout):
        if self.mode == "raises":
            raise OSError(5)
        if self.mode == "hangs":
            await asyncio.sleep_ms(9999)
        await super().save(id, data, timeout)


backend = Frail(limit=3)
kept = picoweb.WebApp(None, serve_static=False)
kept.use(BackendSession(backend, patience=1))
app.mount("/kept", kept)


@app.route("/")
async def index(req, resp):
    return req.session


@app.post("/set")
async def set(req, resp):
    req.session.update(await req.json())
    return "set"


@app.post("/nested")
async def nested(req, resp):
    req.session["a"]["b"].append(1)
    return "nested"


@app.post("/pop")
async def pop(req, resp):
    req.session.pop("a")
    return "popped"


@app.post("/clear")
async def clear(req, resp):
    req.session.clear()
    return "cleared"


@app.post("/big")
async def big(req, resp):
    req.session["a"] = "x" * 900
    return "never"


@app.route("/error")
async def error(req, resp):
    req.session["seen"] = 1
    raise picoweb.HTTPException(409)


@app.route("/stream")
async def stream(req, resp):
    req.session["seen"] = 1
    await picoweb.start_response(resp)
    await resp.awrite("begun")


@app.route("/late")
async def late(req, resp):
    await picoweb.start_response(resp)
    await resp.awrite("x" * 70000)
    req.session["late"] = 1


@app.post("/login")
async def login(req, resp):
    auth.login_user(req, await req.json())
    return "in"


@app.post("/logout")
async def logout(req, resp):
    auth.logout_user(req)
    return "out"


@app.route("/who")
async def who(req, resp):
    return [auth.is_authenticated(req), auth.current_user(req)]


@app.route("/in")
@auth.require_auth
async def inside(req, resp):
    return "inside"


@app.route("/staff/<name>")
@auth.require_auth(role=("admin", "staff"), redirect_to="/login")
async def staff(req, resp, name):
    return name


@app.route("/admin", auth="admin")
async def admin(req, resp):
    return "admin"


@app.route("/basic")
@auth.basic_auth(lambda name, password: name == "ann" and password == "p:w\u20ac" and name)
async def basic(req, resp):
    return req.user


async def verify(token):
    return {"s3cret": "bob"}.get(token)


@app.route("/bearer")
@auth.bearer_auth(verify)
async def bearer(req, resp):
    return req.user


@app.route("/form")
async def form(req, resp):
    if req.method == "POST":
        await req.read_form_data()
        return req.form
    return csrf_input(req.csrf_token)


@app.route("/password/<password>")
async def password(req, resp, password):
    text = hash_password(password, 3)
    return [text, check_password(password, text), check_password(password + "x", text), check_password("", text)]


@kept.route("/")
async def of_backend(req, resp):
    return req.session


@kept.post("/set")
async def set_kept(req, resp):
    req.session.update(await req.json())
    return "set"


@kept.post("/renew")
async def renew(req, resp):
    req.session.regenerate()
    return "renewed"


@kept.post("/clear")
async def clear_kept(req, resp):
    req.session.clear()
    return "cleared"


@app.route("/backend/<mode>")
async def mode(req, resp, mode):
    backend.mode = mode
    return len(backend.kept)


app.run(port=int(sys.argv[1]), debug=2)
