"""The end of an app's service."""
from .http import asyncio


async def stop(app, timeout=5):
    """Listen no more, and end all connections; what is in a request has `timeout` seconds. Then at_stop()'s functions."""
    own = asyncio.core.cur_task  # it may be a handler's, which ends after this

    def others():
        return [conn for conn in app.connections if conn.task is not own]

    if app.accepting:
        app.accepting.cancel()
    if app.listener:
        app.listener.close()
    app.listener = app.accepting = None
    for conn in list(app.connections):
        if hasattr(conn, "end"):
            conn.end()
        elif conn.keep is None:
            conn.close()
        else:
            conn.keep = False
            if conn.req is None:
                conn.expire()
    waited_ms = 0
    while others() and waited_ms < timeout * 1000:
        await asyncio.sleep_ms(20)
        waited_ms += 20
    for conn in others():
        conn.expire()
        conn.cut()
    await asyncio.sleep_ms(0)
    for function in app.stops:
        result = function()
        if hasattr(result, "send"):
            await result
