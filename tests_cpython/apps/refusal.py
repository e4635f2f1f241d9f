"""What is asked of requests that may be refused: `refusal.py PORT [own | small]`."""

import sys

import picoweb


app = picoweb.WebApp(None, serve_static=False)
variant = sys.argv[2] if len(sys.argv) > 2 else ""
if variant == "small":
    app.max_head = 300


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/tell")
async def tell(req, resp):
    host = req.headers.get(b"Host", b"")
    return {"method": req.method, "path": req.path, "qs": req.qs, "host": host.decode()}


@app.route("/read")
async def read(req, resp):
    whole = b""
    while True:
        data = await req.reader.read(100)
        if not data:
            return whole
        whole += data


@app.route("/caught")
async def caught(req, resp):
    """Answers itself what is wrong with its body."""
    try:
        while await req.reader.read(100):
            pass
    except Exception:
        return "caught"
    return "read"


@app.route("/read-nothing")
async def read_nothing(req, resp):
    return "read %d" % len(await req.reader.read(0))


@app.route("/http/<int:code>")
async def http(req, resp, code):
    raise picoweb.HTTPException(code, "a message")


@app.route("/only-get", methods=["GET"])
async def only_get(req, resp):
    return "got"


if variant == "own":

    @app.errorhandler(400)
    async def bad_request(req, resp, exc):
        return ("our own page", 400)


app.run(port=int(sys.argv[1]))
