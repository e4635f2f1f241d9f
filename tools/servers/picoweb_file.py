"""A file of the current folder by picoweb.static: `picoweb_file PORT FILE BUFFER`, below /files/; /mem tells the heap."""

import gc
import sys

import picoweb
import picoweb.static as static

app = picoweb.WebApp(None, serve_static=False)
static.BUFFER = int(sys.argv[3])
static.add(app, "/files/", "")


@app.route("/mem")
def mem(req, resp):
    gc.collect()
    yield from picoweb.start_response(resp)
    yield from resp.awrite("%d bytes" % gc.mem_alloc())


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), debug=-1)
