"""A small limit of a body, that large ones are refused for."""

import sys

import picoweb


app = picoweb.WebApp(None, serve_static=False)
app.max_body = 1000


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/read")
async def read(req, resp):
    size = 0
    while True:
        data = await req.reader.read(100)
        if not data:
            return str(size)
        size += len(data)


app.run(port=int(sys.argv[1]))
