"""A class whose methods are pages, WebSockets and uploads, with the app's ordinary routes behind them, and the same class mounted."""

import picoweb
from picoweb.classes import SESSION, Resource, args, pages
from picoweb.classes_files import read
from picoweb.classes_websocket import ConnectionClosed

app = picoweb.WebApp(None, serve_static=False)
sub = picoweb.WebApp(None, serve_static=False)
app.mount("/sub", sub)


class Tool:
    def __call__(self):
        return "a tool"


class Base(Resource):
    async def inherited(self):
        return "inherited"

    async def replaced(self):
        return "of the base"

    def hidden(self):
        return "of the base"


class Root(Base):
    number = 1
    _read = staticmethod(read)
    tool = Tool()
    hidden = None

    def __init__(self):
        self.visits = 0

    @property
    def broken(self):
        raise ValueError("a property")

    async def index(self):
        return "hello"

    async def replaced(self):
        return "of the subclass"

    @args("name", name="Guest")
    async def greet(self, name="Guest"):
        return "Hello, " + name

    @args("x", "y")
    def add(self, x, y):
        return str(int(x) + int(y))

    @args("a", "b", b="b")
    def both(self, a, b="b"):
        return [a, b]

    @args("first", "*")
    async def path(self, first, *more):
        return [first] + list(more)

    @args("a", "**")
    def fields(self, a, more):
        return [a, sorted(more)]

    async def bare(self):
        return "bare"

    @args("title", "file", title="none")
    async def upload(self, title, file):
        n = 0
        while True:
            data = await file.read(100)
            if not data:
                return [title, file.filename, n]
            n += len(data)

    def visited(self):
        self.visits += 1
        return (201, "seen", [("X-Visits", str(self.visits))])

    def method(self):
        return self.request.method + " " + self.request.path

    def data(self):
        return {"a": [1]}

    def octets(self):
        return b"\x00\x01"

    def parts(self):
        yield "one "
        yield "two"

    def failing(self):
        raise TypeError("its own")

    @args("user", user=SESSION)
    def mine(self, user=SESSION):
        return user

    async def ws_echo(self, ws):
        await ws.accept()
        try:
            while True:
                await ws.send_text("Echo: " + await ws.receive_text())
        except ConnectionClosed:
            print("closed")

    @args("ws", "name", name="Guest")
    async def ws_hello(self, ws, name="Guest"):
        await ws.accept()
        await ws.send_text("Hello " + name)
        await ws.close(4000, "bye")

    @args("ws", "name")
    async def ws_needs(self, ws, name):
        await ws.accept()

    async def ws_early(self, ws):
        await ws.send_text("too early")

    async def ws_never(self, ws):
        pass

    def _private(self):
        return "private"


class Others(Resource):
    @args("*")
    def index(self, *rest):
        return list(rest)


async def with_session(req, resp, next):
    req.session = {"user": "ann"} if req.qs == "in" else {}
    return await next()


app.use(with_session)
app.url_map += pages(Root())
sub.url_map += pages(Others())


@app.route("/ordinary")
async def ordinary(req, resp):
    return "ordinary"


if __name__ == "__main__":
    import sys
    app.run(port=int(sys.argv[1]), debug=0)
