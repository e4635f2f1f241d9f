"""Hello in JSON on each ASGI framework of a host: `uvicorn --factory asgi_hellos:starlette`."""

HELLO = {"hello": "world"}


def bare():
    """No framework: the least that the specification asks of an application."""
    body = b'{"hello": "world"}'
    start = {
        "type": "http.response.start", "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
    }

    async def application(scope, receive, send):
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return application


def picoweb():
    import picoweb
    from picoweb.host import asgi

    app = picoweb.WebApp(None)

    @app.route("/")
    async def hello(req, resp):
        return HELLO

    return asgi(app)


def blacksheep():
    from blacksheep import Application, get, json

    app = Application()

    @get("/")
    async def hello():
        return json(HELLO)

    return app


def starlette():
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def hello(request):
        return JSONResponse(HELLO)

    return Starlette(routes=[Route("/", hello)])


def micropie():
    from micropie import App

    class Hello(App):
        async def index(self):
            return HELLO

    return Hello()


def litestar():
    from litestar import Litestar, get

    @get("/")
    async def hello() -> dict[str, str]:
        return HELLO

    return Litestar([hello])


def fastapi():
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def hello():
        return HELLO

    return app


def microdot():
    from microdot.asgi import Microdot

    app = Microdot()

    @app.route("/")
    async def hello(request):
        return HELLO

    return app

