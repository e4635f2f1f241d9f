"""The same app on each ASGI framework of a host: `uvicorn --factory asgi_apps:starlette`.

GET / is a hello, GET /items/12?q=lamp a pattern and a query, POST /items reads JSON, POST /form a form; each answers with
JSON. Any other path is a 404.
"""

HELLO = {"hello": "world"}


def bare():
    """No framework: the least that the specification asks of an application, and nothing is checked."""
    import json

    def first(form):
        return form.partition(b"=")[2].partition(b"&")[0].replace(b"+", b" ").decode()

    async def application(scope, receive, send):
        path = scope["path"]
        status = 200
        if scope["method"] == "POST":
            body = b""
            more = True
            while more:
                message = await receive()
                body += message["body"]
                more = message["more_body"]
            if path == "/items":
                item = json.loads(body)
                answer = {"name": item["name"], "tags": len(item["tags"])}
            else:
                answer = {"name": first(body)}
        elif path == "/":
            answer = HELLO
        elif path.startswith("/items/"):
            answer = {"id": int(path[7:]), "q": first(scope["query_string"])}
        else:
            status = 404
            answer = {"error": "Not Found"}
        body = json.dumps(answer).encode()
        await send({
            "type": "http.response.start", "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
        })
        await send({"type": "http.response.body", "body": body})

    return application


def picoweb():
    import picoweb

    app = picoweb.WebApp(None)

    @app.get("/")
    async def hello(req, resp):
        return HELLO

    @app.get("/items/<int:id>")
    async def item(req, resp, id):
        req.parse_qs()
        return {"id": id, "q": req.form["q"]}

    @app.post("/items")
    async def add(req, resp):
        item = await req.json()
        return {"name": item["name"], "tags": len(item["tags"])}

    @app.post("/form")
    async def form(req, resp):
        await req.read_form_data()
        return {"name": req.form["name"]}

    return app


def blacksheep():
    from blacksheep import Application, Request, get, json, post

    app = Application()

    @get("/")
    async def hello():
        return json(HELLO)

    @get("/items/{int:id}")
    async def item(id: int, q: str):
        return json({"id": id, "q": q})

    @post("/items")
    async def add(request: Request):
        item = await request.json()
        return json({"name": item["name"], "tags": len(item["tags"])})

    @post("/form")
    async def form(request: Request):
        form = await request.form()
        return json({"name": form["name"]})

    return app


def starlette():
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def hello(request):
        return JSONResponse(HELLO)

    async def item(request):
        return JSONResponse({"id": request.path_params["id"], "q": request.query_params["q"]})

    async def add(request):
        item = await request.json()
        return JSONResponse({"name": item["name"], "tags": len(item["tags"])})

    async def form(request):
        form = await request.form()
        return JSONResponse({"name": form["name"]})

    return Starlette(routes=[
        Route("/", hello), Route("/items/{id:int}", item), Route("/items", add, methods=["POST"]),
        Route("/form", form, methods=["POST"]),
    ])


def litestar():
    from typing import Annotated, Any

    from litestar import Litestar, get, post
    from litestar.enums import RequestEncodingType
    from litestar.params import Body

    @get("/")
    async def hello() -> dict[str, str]:
        return HELLO

    @get("/items/{id:int}")
    async def item(id: int, q: str) -> dict[str, Any]:
        return {"id": id, "q": q}

    @post("/items", status_code=200)
    async def add(data: dict[str, Any]) -> dict[str, Any]:
        return {"name": data["name"], "tags": len(data["tags"])}

    @post("/form", status_code=200)
    async def form(data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]) -> dict[str, str]:
        return {"name": data["name"]}

    return Litestar([hello, item, add, form])


def fastapi():
    from typing import Annotated

    from fastapi import FastAPI, Form, Request

    app = FastAPI()

    @app.get("/")
    async def hello():
        return HELLO

    @app.get("/items/{id}")
    async def item(id: int, q: str):
        return {"id": id, "q": q}

    @app.post("/items")
    async def add(request: Request):
        item = await request.json()
        return {"name": item["name"], "tags": len(item["tags"])}

    @app.post("/form")
    async def form(name: Annotated[str, Form()]):
        return {"name": name}

    return app


def micropie():
    """It finds a handler by its name, whatever the method."""
    from micropie import App

    class Items(App):
        async def index(self):
            return HELLO

        async def items(self, id=None, q=""):
            if self.request.method == "POST":
                item = self.request.json()
                return {"name": item["name"], "tags": len(item["tags"])}
            return {"id": int(id), "q": q}

        async def form(self, name):
            return {"name": name}

    return Items()
