"""What stands around a handler: cookies, redirects, JSON bodies, who the client is, verbs, numbers, hooks, unawaited calls."""

import sys

import picoweb
from picoweb.redirect import redirect
from picoweb.utils import unquote_plus

app = picoweb.WebApp(None, serve_static=False)
app.trusted_proxies = tuple(sys.argv[2:])
seen = []


def told(function, *args, **kwargs):
    """What a call returns, or the name of what it raises."""
    try:
        return function(*args, **kwargs)
    except (ValueError, RuntimeError) as e:
        return type(e).__name__


@app.route("/")
async def index(req, resp):
    return "hello"


# Bodies

@app.post("/json")
async def json(req, resp):
    return [await req.json(), await req.json()]


@app.post("/form")
async def form(req, resp):
    await req.read_form_data()
    await req.read_form_data()
    return req.form


@app.post("/either")
async def either(req, resp):
    """The form that is refused is JSON."""
    try:
        await req.read_form_data()
    except picoweb.HTTPException as e:
        return [e.status, await req.json()]
    return [200, req.form]


# Cookies

@app.get("/cookies")
async def cookies(req, resp):
    return req.cookies


@app.get("/cookies-skip", headers="skip")
async def cookies_skip(req, resp):
    return req.cookies


@app.post("/set-cookie")
async def set_cookie(req, resp):
    return [told(resp.set_cookie, **await req.json())]


@app.post("/delete-cookie")
async def delete_cookie(req, resp):
    return [told(resp.delete_cookie, **await req.json())]


@app.get("/cookie-raw/<path:value>")
async def cookie_raw(req, resp, value):
    """CR, LF and NUL come by the query, encoded."""
    value = "a%sb" % {"cr": "\r", "lf": "\n", "crlf": "\r\nX-Evil: 1", "nul": "\0"}[value]
    return [told(resp.set_cookie, value, "1"), told(resp.set_cookie, "n", value), told(resp.set_cookie, "n", "1", path=value),
            told(resp.set_cookie, "n", "1", domain=value), told(resp.set_cookie, "n", "1", samesite=value),
            told(resp.delete_cookie, value), told(resp.delete_cookie, "n", value), told(redirect, value),
            told(resp.add_header, "X-A", value), told(resp.add_header, value, "1")]


@app.get("/cookie-on/<kind>")
async def cookie_on(req, resp, kind):
    resp.set_cookie("one", "1")
    resp.set_cookie("two", "2")
    if kind == "error":
        raise picoweb.HTTPException(403)
    if kind == "redirect":
        return redirect("/")
    await picoweb.start_response(resp, "text/plain")
    await resp.awrite("x" * 3000)
    if kind == "late":
        await resp.awrite(told(resp.set_cookie, "three", "3") or "set")


# Redirects

@app.post("/redirect")
async def redirected(req, resp):
    answer = told(redirect, **await req.json())
    return [answer] if isinstance(answer, str) else answer


# Who the client is

@app.get("/client")
async def client(req, resp):
    return [list(req.client), resp.get_extra_info("peername")[0]]


# Verbs

def method(req, resp):
    return req.method


app.get("/verb")(method)
app.post("/verb")(method)
app.put("/verb")(method)
app.patch("/verb")(method)
app.delete("/verb")(method)
sub = picoweb.WebApp(None, serve_static=False)
sub.delete("/verb/<int:id>")(lambda req, resp, id: [req.method, id, req.extra["methods"]])
app.mount("/sub", sub)


# Numbers, and what is no answer

class Pin:
    pass


RETURNED = {
    "int": 5, "zero": 0, "negative": -7, "float": 2.5, "true": True, "object": Pin(), "nan": float("nan"),
    "inf": float("inf"), "int-status": (5, 200), "true-status": (True, 200), "true-as-status": ("x", True),
}


@app.get("/returned/<kind>")
def returned(req, resp, kind):
    return RETURNED[kind]


# Hooks

@app.get("/ends/<int:n>")
async def ends(req, resp, n):
    seen.clear()
    for i in range(n):
        resp.at_end(lambda resp, i=i: seen.append(i))
    return "ending"


@app.get("/hook/<where>")
async def hook(req, resp, where):
    def fail(resp):
        seen.append("failed %s %d" % (where, resp.status))
        raise KeyError("a hook's reason")

    seen.clear()
    if where != "end":
        resp.at_head(fail)
        resp.at_head(lambda resp: resp.add_header("X-Hook", "%d" % resp.status))
    if where != "head":
        resp.at_end(fail)
        resp.at_end(lambda resp: seen.append("after"))
    if req.qs == "raise":
        raise picoweb.HTTPException(404)
    if req.qs == "stream":
        return iter(["pie", "ces"])
    return "answered"


@app.get("/seen")
async def tell_seen(req, resp):
    return seen[:3] + [len(seen)]


# What is not awaited

@app.get("/unawaited/write")
async def unawaited_write(req, resp):
    await picoweb.start_response(resp, "text/plain")
    resp.awrite("lost")
    await resp.awrite("written")


@app.get("/unawaited/start")
async def unawaited_start(req, resp):
    picoweb.start_response(resp, "text/plain")


@app.get("/unawaited/generator")
def unawaited_generator(req, resp):
    picoweb.jsonify(resp, {})
    yield from picoweb.start_response(resp, "text/plain")
    yield from resp.awrite("written")


# Routes that are wrong

@app.post("/rule")
async def rule(req, resp):
    """What is said of a route, made by route() or in a list."""
    made = await req.json()
    handler = index if made.get("handler", "") == "" else made["handler"]
    extra = {"methods": made["methods"]} if "methods" in made else {}
    try:
        if made["list"]:
            picoweb.WebApp(None, [(made["url"], handler, extra)], serve_static=False).prepare()
        else:
            picoweb.WebApp(None, serve_static=False).route(made["url"], **extra)(handler)
    except ValueError as e:
        return str(e)
    return "made"


app.run(port=int(sys.argv[1]), debug=1 if sys.argv[2:] == ["debug"] else 0)
