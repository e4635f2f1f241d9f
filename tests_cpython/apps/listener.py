"""An app whose listening socket a test takes away; second argument: the folder of a certificate, for TLS.

On Linux a listening socket outlives its interface. Here it is closed, or fails as that of lwIP on a board does.
"""

import gc
import io
import select
import sys

import picoweb
import uasyncio as asyncio

port = int(sys.argv[1])
app = picoweb.WebApp(None, serve_static=False)
app.max_connections = 6
app.head_timeout = 1
app.idle_timeout = 3


def close():
    app.listener.close()


def disconnect():
    # To AF_UNSPEC: Linux makes it a socket that does not listen, polls HUP, and whose accept() is EINVAL.
    app.listener.connect(bytes(16))


def take(stop=False):
    """Somebody else listens there for a while, in which the app may be stopped."""
    disconnect()
    other = picoweb.listen("127.0.0.1", port)

    async def leave():
        await asyncio.sleep_ms(500)
        if stop:
            await app.stop(1)
            print("stopped")
        other.close()

    asyncio.create_task(leave())


def take_and_stop():
    take(True)


class Failing(getattr(io, "IOBase", object)):
    """A listening socket, whose accept() fails some times."""

    def __init__(self, s, errno, times, events):
        self.s = s
        self.errno = errno
        self.times = times
        self.events = events

    def ioctl(self, request, arg):
        if request != 3:  # MP_STREAM_POLL
            return -1
        if self.times:
            return self.events
        poller = select.poll()
        poller.register(self.s, select.POLLIN)
        return sum([events for _, events in poller.poll(0)])

    def accept(self):
        if self.times:
            self.times -= 1
            raise OSError(self.errno)
        return self.s.accept()

    def close(self):
        self.s.close()


def fail(errno, times, events):
    app.listener = Failing(app.listener, errno, times, events)
    # The accept loop is to look at this one.
    app.accepting.cancel()
    app.accepting = asyncio.create_task(picoweb.accept(app, "127.0.0.1", port))


LOSSES = {"close": close, "disconnect": disconnect, "take": take, "take_and_stop": take_and_stop}


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/lose/<how>")
async def lose(req, resp, how):
    asyncio.create_task(later(LOSSES[how]))
    return "soon"


@app.route("/fail/<int:errno>/<int:times>/<int:events>")
async def fail_accept(req, resp, errno, times, events):
    asyncio.create_task(later(fail, errno, times, events))
    return "soon"


async def later(loss, *args):
    await asyncio.sleep_ms(10)
    loss(*args)


@app.route("/listener")
async def listener(req, resp):
    return type(app.listener).__name__


@app.route("/connections")
async def connections(req, resp):
    return str(len(app.connections))


@app.route("/heap")
async def heap(req, resp):
    gc.collect()
    return str(gc.mem_alloc())


@app.route("/stop")
async def stop(req, resp):
    asyncio.create_task(app.stop(1))
    return "soon"


@app.route("/stop-within")
async def stop_within(req, resp):
    await app.stop(1)
    return "stopped"


if sys.argv[2:]:
    from tls_context import context

    app.run(port=port, ssl=context(sys.argv[2]))
else:
    app.run(port=port)
