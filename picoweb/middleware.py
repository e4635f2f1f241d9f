"""Functions around a request's handler: `async def middleware(req, resp, next)`."""
from .http import coroutine


def use(app, middleware):
    """Add a middleware, also as a decorator; the first that was added is the outermost, around mounted apps too.

    An object's setup(app) is called before.
    """
    if not hasattr(app, "middleware"):
        app.middleware = ()
        app.find_within = app.find
        app.find = lambda req: lambda req, resp: step(app, req, resp, 0)
    if hasattr(middleware, "setup"):
        middleware.setup(app)
    app.middleware += (middleware,)
    return middleware


@coroutine
def step(app, req, resp, at):
    """Return the result of the middleware at that place and what is within, or of the handler; errors are results too."""
    within = []

    @coroutine
    def next():
        """Return what the handler returned, which is not sent yet, or None if it wrote its answer; resp.status is known."""
        if within:
            raise RuntimeError("a middleware has called next() twice")
        within.append(None)
        within[0] = yield from step(app, req, resp, at + 1)
        return within[0]

    try:
        last = at == len(app.middleware)
        result = app.find_within(req)(req, resp) if last else app.middleware[at](req, resp, next)
        if hasattr(result, "send"):
            result = yield from result
        if result is None and within and not resp.fields:
            result = within[0]  # it stands
    except Exception as e:
        if resp.fields is None:
            resp.status = 0
        result = yield from resp.app.recover(resp, e)
    if result is not None and result is not False:
        if resp.fields and not last:  # in place of what was written, of which nothing has left
            resp.reset()
        if resp.fields is None:
            status = 200
            if isinstance(result, tuple):
                status = result[0 if isinstance(result[0], int) and not isinstance(result[1], int) else 1]
            resp.status = int(str(status)[:3])
    return result
