"""Hello on the original picoweb 1.8.2: `original_hello PORT`."""

import sys

import picoweb

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
def hello(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello world")


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=-1)
