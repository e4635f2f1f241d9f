"""serve() overridden the way apps for 1.8 do it."""

import sys

import picoweb
import uasyncio


class App(picoweb.WebApp):
    def serve(self, loop, host, port):
        loop.create_task(uasyncio.start_server(self._handle, host, port))
        loop.run_forever()


app = App(None)


@app.route("/")
def index(req, resp):
    yield from picoweb.start_response(resp)
    yield from resp.awrite("served by the app")


app.run(port=int(sys.argv[1]))
