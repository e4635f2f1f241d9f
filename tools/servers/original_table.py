"""A page of a template on the original picoweb 1.8.2, with as many rows as the query says."""

import asyncio

import picoweb

asyncio.StreamWriter.awritestr = asyncio.StreamWriter.awrite  # which Pycopy's has
app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
def table(req, resp):
    yield from picoweb.start_response(resp)
    yield from app.render_template(resp, "table.html", (int(req.qs),))
