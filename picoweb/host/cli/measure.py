"""On a board's interpreter: prints what an app costs there. `picoweb_measure NAME ATTRIBUTE LEVEL`."""

import gc
import sys

import micropython

REQUEST = b"GET / HTTP/1.1\r\nHost: board\r\n\r\n"


class Client:
    """A stream in memory: one request, of whose answer the status is kept."""

    status = b""

    def __init__(self):
        self.request = REQUEST

    def readinto(self, buf):
        size = len(self.request)
        buf[:size] = self.request
        self.request = b""
        return size

    def write(self, data):
        self.status = self.status or bytes(data[9:12])
        return len(data)

    def close(self):
        pass


def allocated():
    gc.collect()
    return gc.mem_alloc()


def tell(*words):
    print("picoweb:", *words)


def main(name, attribute, level):
    sys.path.pop(0)  # the current folder, which comes after picoweb here
    sys.argv[:] = [name]
    micropython.opt_level(int(level))  # 3 is that of mpy-cross -O3
    client = Client()
    before = allocated()
    from picoweb import WebApp

    tell("heap", allocated() - before, "picoweb")
    ran = []
    WebApp.run = lambda app, *args, **options: ran.append(app)
    found = __import__(name, None, None, ("*",)).__dict__
    app = found.get(attribute or "app")
    if ran and not attribute and not isinstance(app, WebApp):
        app = ran[0]
    if not isinstance(app, WebApp):
        return tell("lacks", attribute or "app")
    tell("heap", allocated() - before, "picoweb and the app, imported")
    import asyncio

    class Connection(app.connection):
        def ready(self, writing):
            return next(asyncio.sleep_ms(0))  # at the loop's next turn

    app.prepare()
    asyncio.run(app._handle(Connection(app, client, client)))
    tell("heap", allocated() - before, "the same after GET /, answered with", client.status.decode())
    tell("bits", 64 if sys.maxsize > 1 << 32 else 32)
    for name, module in sys.modules.items():
        tell("module", getattr(module, "__file__", "-"), name)


main(*sys.argv[1:])
