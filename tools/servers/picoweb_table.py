"""A page of a template, with as many rows as the query says."""

import picoweb
import picoweb.templates

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
async def table(req, resp):
    await picoweb.start_response(resp)
    await app.render_template(resp, "table.html", (int(req.qs),))


@app.route("/escaped")
async def escaped(req, resp):
    app.template_loader = None
    app.autoescape = True
    return "escaping from now on"
