"""Hello on the original picoweb 1.8.2."""

import picoweb

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
def hello(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello world")
