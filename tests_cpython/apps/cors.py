"""Apps of pages elsewhere: any origin at /, named ones with credentials below /named, none below /bare."""

import sys

import picoweb
from picoweb.cors import CORS

app = picoweb.WebApp(None, serve_static=False)


def make(*middleware):
    made = picoweb.WebApp(None, serve_static=False)
    for each in middleware:
        made.use(each)

    @made.get("/page")
    async def page(req, resp):
        return "page"

    @made.route("/error")
    async def error(req, resp):
        raise RuntimeError("a reason")

    @made.get("/stream")
    def stream(req, resp):
        return iter(["pie", "ces"])

    return made


async def guard(req, resp, next):
    if b"Authorization" not in req.headers:
        raise picoweb.HTTPException(401)
    return await next()


def told(**options):
    try:
        CORS(**options)
    except ValueError as e:
        return str(e)
    return "made"


MADE = {
    "credentials": {"allow_credentials": True},
    "credentials-listed": {"allow_origins": ("https://a.example", "*"), "allow_credentials": True},
    "str": {"allow_origins": "https://a.example"}, "methods-str": {"allow_methods": "GET"},
    "slash": {"allow_origins": ("https://a.example/",)},
    "crlf": {"allow_headers": ("X-A\r\nX-Evil: 1",)}, "crlf-exposed": {"expose_headers": ("X\nY",)},
    "named": {"allow_origins": ("https://a.example", "null"), "allow_credentials": True},
}


@app.get("/made/<kind>")
async def tell_made(req, resp, kind):
    return told(**MADE[kind])


NAMED = CORS(("https://a.example", "http://b.example:8080"), ("GET", "PUT"), ("X-A",), True, 5, ("X-Total", "ETag"))
app.mount("/any", make(CORS(), guard))
app.mount("/named", make(NAMED))
app.mount("/bare", make(CORS((), (), ())))


@app.route("/")
async def index(req, resp):
    return "hello"


app.run(port=int(sys.argv[1]))
