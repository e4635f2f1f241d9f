"""Functions bound to paths, by themselves and mounted."""

import sys

import picoweb
from picoweb.bind import EndpointAlreadyDefined, bind, routes

app = picoweb.WebApp(None, routes, serve_static=False)
sub = picoweb.WebApp(None, routes, serve_static=False)
app.mount("/sub", sub)
KEYWORDS = sys.implementation.name == "cpython"


@bind("test", args=("a", "b"))
def test(a, b):
    return 200, a, b


@bind("/types/<int:b>/<float:c>/<bool:d>/<a>/", args=("a", "b", "c", "d"))
async def types(a, b, c, d):
    return 200, a, b, c, d


@bind("/two/<int:b>/<a>", args=() if KEYWORDS else ("a", "b"))
def two(a, b):
    return 200, a, b


@bind("/first/<int:b>/<a>", args=("a", "b"), path_first=True)
def path_first(a, b):
    return 200, a, b


@bind("/default", args=("a", "b"), defaults={"b": "B"})
def default(a, b="B"):
    return 200, a, b


@bind("/args/<c>", ["GET", "POST"], args=("a", "*"))
def more(a, *args):
    return 200, a, args


if KEYWORDS:
    @bind("/kwargs/<c>", ["GET", "POST"])
    def rest(a, **kwargs):
        return 200, a, kwargs
else:
    @bind("/kwargs/<c>", ["GET", "POST"], args=("a", "**"))
    def rest(a, kwargs):
        return 200, a, kwargs


@bind("/none")
def none():
    return (200,)


@bind("/one")
def one():
    return 201, {"a": [1, None]}


@bind("/status")
def status():
    return 418, "the rest"


@bind("/list")
def a_list():
    return [200, 1]


@bind("/text")
def text():
    return "200"


@bind("/word")
def word():
    return "200", 1


@bind("/empty")
def empty():
    return ()


@bind("/failing")
def failing():
    raise ValueError("its own")


@bind("/again")
def again():
    try:
        bind("/test/", ["POST", "GET"], args=("x",))(again)
    except EndpointAlreadyDefined as e:
        return 200, str(e)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=0)
