"""What requests may ask for: rate limits (the proxies are the arguments), and validated bodies, forms and queries."""

import sys

import picoweb
from picoweb.ratelimit import Memory, RateLimit, client_key, rate_limit
from picoweb.validate import validate

app = picoweb.WebApp(None, serve_static=False)
app.trusted_proxies = ("127.0.0.1",)


@app.get("/")
async def index(req, resp):
    return "hello"


# Rate limits

limited = picoweb.WebApp(None, serve_static=False)
limited.use(RateLimit(3, 3600))
app.mount("/limited", limited)


@limited.get("/page")
async def page(req, resp):
    return "page"


@limited.websocket("/ws")
async def talk(req, ws):
    pass


@app.get("/one/<name>")
@rate_limit(2, 3600)
async def one(req, resp, name):
    return name


@app.get("/two")
@rate_limit(2, 3600)
async def one(req, resp):
    return "two"


@app.get("/short")
@rate_limit(1, 1)
async def short(req, resp):
    return "short"


@app.get("/by-key")
@rate_limit(1, 3600, Memory(4), lambda req: req.qs)
async def by_key(req, resp):
    return "by key"


class Store:
    counts = {}

    def hit(self, key, window):
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]

    def reset(self, key):
        self.counts.pop(key, None)


store = Store()


@app.get("/store")
@rate_limit(1, 60, store)
async def stored(req, resp):
    return "store"


@app.get("/reset")
async def reset(req, resp):
    store.reset(client_key(req))
    return "reset"


class Request:
    pass


@app.get("/key")
async def key(req, resp):
    made = Request()
    made.client = (req.qs, 1)
    return client_key(made)


@app.get("/waits")
async def waits(req, resp):
    """What a table says that is asked at times of its own: (limit, window, hits before, hits now, share of the window)."""
    limit, before, count, share = [float(text) for text in req.qs.split(",")]
    memory = Memory()
    memory.last = before, count, share
    return memory.wait(limit)


# Validation

def even(value):
    if value % 2:
        raise ValueError("not even")
    return value


@app.post("/thing/<id>")
@validate(id=str, name=str, age=int, page=(int, 1))
async def thing(req, resp, id, name, age, page):
    return [id, name, age, page]


TYPES = {"s": (str, "-"), "i": (int, "-"), "f": (float, "-"), "b": (bool, "-"), "l": (list, "-"), "d": (dict, "-"), "e": (even, "-")}


@app.post("/types")
@validate(TYPES)
def types(req, resp, **values):
    return {name: value for name, value in values.items() if value != "-"}


@app.post("/form")
@validate(TYPES, form=True)
def form(req, resp, **values):
    return {name: value for name, value in values.items() if value != "-"}


@app.get("/query")
@validate(TYPES, query=True)
def query(req, resp, **values):
    return {name: value for name, value in values.items() if value != "-"}


@app.post("/stream")
@validate(n=int)
def stream(req, resp, n):
    for i in range(n):
        yield "piece %d\n" % i


if sys.implementation.name == "cpython":
    import dataclasses
    from typing import List, Optional

    @dataclasses.dataclass
    class Point:
        x: int
        y: int = 0

    @app.post("/annotated")
    @validate
    async def annotated(req, resp, name: str, tags: List[int], at: Optional[Point], page: int = 1):
        return [name, tags, at and [at.x, at.y], page]


app.run(port=int(sys.argv[1]))
