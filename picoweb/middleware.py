"""Runs the functions of app.use() around a request's handler."""
import picoweb.errors as errors
import picoweb.routing as routing
from .results import send
from .stream import asyncio


def use(app, middleware):
    """Adds `async def middleware(req, resp, next)`; also a decorator."""
    app.middleware = list(app.middleware) + [middleware]
    routing.attach(app)
    return middleware


async def chain(app, req, resp):
    """Calls each middleware in the order of registration; the handler, found at last, is the innermost."""
    req.in_chain = True
    await step(app, req, resp, 0)


async def step(app, req, resp, at):
    if at == len(app.middleware):
        try:
            return await call(routing.find_route(app, req), req, resp)
        except asyncio.CancelledError:  # on Pycopy it is an Exception
            raise
        except Exception as e:
            return await errors.respond(resp, e)

    async def following(*_):
        """The rest of the chain; resp.status is known when it returns."""
        await step(app, req, resp, at + 1)

    await call(app.middleware[at], req, resp, following)


async def call(handler, *args):
    await send(args[1], await errors.call(handler, *args))
