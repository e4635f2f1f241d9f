"""Hello on picoweb."""

import picoweb

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
async def hello(req, resp):
    return "Hello world"
