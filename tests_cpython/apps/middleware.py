"""Middleware: three on the app, one on a mounted app; /seen tells what they saw."""

import sys

import picoweb


app = picoweb.WebApp(None, serve_static=False)
sub = picoweb.WebApp(None, serve_static=False)
seen = []


async def first(req, resp, next):
    if req.path == "/seen":
        return seen
    seen.clear()
    seen.append("first before")
    resp.add_header("X-First", "1")
    result = await next()
    seen.append("first after %s" % resp.status)
    return result


async def second(req, resp, next):
    seen.append("second before")
    if req.path == "/twice":
        await next()
        return await next()
    if req.path == "/replaced":
        return "%s, replaced" % await next()
    if req.path == "/nowhere":
        await next()
        return "something else", 200
    if req.path == "/left":
        await next()
        return None
    if req.path == "/never":
        return None
    if req.path == "/number":
        return await next() + 1
    if req.path == "/stopped":
        return ("stopped by the second", 403)
    if req.path == "/written":
        await picoweb.start_response(resp, "text/plain", "401")
        await resp.awrite("written by the second")
        return
    if req.path == "/broken":
        raise RuntimeError("a middleware's reason")
    result = await next()
    seen.append("second after")
    return result


app.use(first)
app.use(second)


async def inner(req, resp, next):
    seen.append("inner before " + req.path)
    return await next()


sub.use(inner)


@app.route("/page")
async def page(req, resp):
    seen.append("handler")
    return "page"


@app.route("/generator")
def generator(req, resp):
    seen.append("handler")
    yield from picoweb.start_response(resp, status="201")
    yield from resp.awrite("generator")


@app.route("/value/<int:n>")
async def value(req, resp, n):
    return "value %d" % n


@app.route("/form", methods=["POST"])
async def form(req, resp):
    await req.read_form_data()
    return req.form


@app.route("/raise")
async def raising(req, resp):
    raise RuntimeError("a handler's reason")


@app.route("/twice")
@app.route("/replaced")
@app.route("/left")
async def replaced(req, resp):
    return "page"


@app.route("/never")
async def never(req, resp):
    seen.append("handler")
    return "never seen"


@app.route("/number")
async def number(req, resp):
    return 41


@app.route("/stopped")
async def stopped(req, resp):
    seen.append("handler")
    return "never seen"


@app.route("/written")
async def written(req, resp):
    seen.append("handler")
    return "never seen"


@sub.route("/page")
async def sub_page(req, resp):
    seen.append("sub handler")
    return "sub page"


@sub.route("/where/a%2Fb")
@sub.route("/")
async def where(req, resp):
    return [req.prefix, req.path]


app.mount("/sub", sub)
app.mount("/a b", sub)
app.run(port=int(sys.argv[1]))
