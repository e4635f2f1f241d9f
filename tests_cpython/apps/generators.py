"""Plain generators that wait for coroutines of asyncio, of the app and of each other."""

import sys

import asyncio
import picoweb

import generators_helper as helper
from generators_helper import decorated, measured

app = picoweb.WebApp(__name__)
sub = picoweb.WebApp(__name__)
app.mount("/sub", sub)


async def own():
    await asyncio.sleep(0)
    return "own"


def nested():
    yield from asyncio.sleep(0)
    return (yield from own())


class Sensor:
    def read(self):
        yield from asyncio.sleep(0)
        return "read"

    @classmethod
    def of_class(cls):
        return (yield from own())

    @staticmethod
    def static():
        return (yield from own())

    def handler(self, req, resp):
        return (yield from self.read())


class Partial:  # MicroPython's functools is not in every firmware
    def __init__(self, f, *args):
        self.f = f
        self.args = args

    def __call__(self, *args):
        return (yield from self.f(*(self.args + args)))


def with_argument(text, req, resp):
    yield from asyncio.sleep(0)
    return text


@app.route("/asyncio")
def of_asyncio(req, resp):
    yield from asyncio.sleep(0)
    return "asyncio"


@app.route("/own")
def of_the_app(req, resp):
    return (yield from own())


@app.route("/picoweb")
def of_picoweb(req, resp):
    yield from picoweb.start_response(resp)
    yield from asyncio.sleep(0)
    yield from resp.awrite("pico")
    yield from resp.awrite((yield from own()))


@app.route("/nested")
def of_a_generator(req, resp):
    return (yield from nested())


@app.route("/other")
def of_another_module(req, resp):
    return (yield from measured()) + (yield from helper.also())


@app.route("/decorated")
@decorated
def behind_a_decorator(req, resp):
    return (yield from own())


@app.route("/inner")
def within(req, resp):
    def inner():
        yield from asyncio.sleep(0)
        return "inner"

    return (yield from inner())


@app.route("/class")
def of_a_class(req, resp):
    return (yield from Sensor().read()) + (yield from Sensor.of_class()) + (yield from Sensor.static())


@app.route("/task")
def a_task(req, resp):
    task = asyncio.create_task(nested())
    yield from asyncio.sleep(0)
    other = asyncio.create_task(own())
    return (yield from awaited(task)) + (yield from awaited(other))


async def awaited(task):
    return await task


@app.route("/timed")
def timed(req, resp):
    try:
        yield from asyncio.wait_for(forever(), 0.01)
    except asyncio.TimeoutError:
        return "time is over"


def forever():
    while True:
        yield from asyncio.sleep(1)


@sub.route("/page")
def of_a_mounted_app(req, resp):
    yield from asyncio.sleep(0)
    return "mounted"


@app.errorhandler(404)
def not_found(req, resp, exc):
    return (yield from own()) + " 404", 404


@app.route("/streamed")
def streamed(req, resp):
    yield from asyncio.sleep(0)
    return numbers()


def numbers():
    for i in range(3):
        yield "%d\n" % i


@app.route("/before")
def before(req, resp):
    while not helper.ticked:
        yield from asyncio.sleep(0)
    return "ticked"


app.add_url_rule("/method", Sensor().handler)
app.add_url_rule("/partial", Partial(with_argument, "bound"))

if __name__ == "__main__":
    asyncio_loop = helper.loop()
    asyncio_loop.create_task(helper.tick())
    app.run(port=int(sys.argv[1]), debug=0)
