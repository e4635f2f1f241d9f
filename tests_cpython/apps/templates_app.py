"""Renders what its path names, escaped and not; /pieces tells how many writes the last long page took."""

import sys

import picoweb

VALUE = "<b> & \"'"
app = picoweb.WebApp(None, serve_static=False)
app.autoescape = True
plain = picoweb.WebApp(None, serve_static=False)
pieces = [0]


def args(name):
    if name == "layout.html":
        return "inner.html", VALUE
    return () if name in ("changing.html", "deep.html", "kept.html", "empty.html") else (VALUE,)


@app.route("/page/<name>")
async def page(req, resp, name):
    await picoweb.start_response(resp)
    await app.render_template(resp, name, args(name))


@app.route("/str/<name>")
async def string(req, resp, name):
    return app.render_str(name, args(name))


@plain.route("/<name>")
async def unescaped(req, resp, name):
    await picoweb.start_response(resp)
    await plain.render_template(resp, name, args(name))


@app.route("/long")
async def long(req, resp):
    await picoweb.start_response(resp)
    pieces[0] = 0

    class Counted:
        async def awrite(self, buf):
            pieces[0] += 1
            await resp.awrite(buf)

    await app.render_template(Counted(), "long.html", (300,))


@app.route("/pieces")
async def count(req, resp):
    return str(pieces[0])


app.mount("/plain", plain)
app.run(port=int(sys.argv[1]), debug=1)
