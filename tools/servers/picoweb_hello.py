"""Hello on picoweb: `picoweb_hello PORT [MAX_CONNECTIONS]`."""

import sys

import picoweb

app = picoweb.WebApp(None, serve_static=False)


@app.route("/")
def hello(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("Hello world")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        app.max_connections = int(sys.argv[2])
    app.run(port=int(sys.argv[1]), debug=-1)
