"""What picoweb.static serves: /static/, folders, a module's resources, ROM, a file by a handler. `… PORT [WRITE_TIMEOUT]`"""

import gc
import sys

import picoweb
import picoweb.static as static

R = {
    "": b"12ab",
    "index.html": b"<p>frozen</p>",
    "app.js.gz": open("site/packed.js.gz", "rb").read(),
    "sub/index.html.gz": open("site/packed.js.gz", "rb").read(),
    "logo.png": b"\x89PNG" + bytes(5000),
}

app = picoweb.WebApp(__name__)
static.add(app, "/static/", "static")
static.add(app, "/site", "site")
static.add(app, "/hour/", "site/", cache=3600)
static.add(app, "/never/", "site", cache="no-store")
static.add(app, "/frozen/", R)
static.add(app, "/untagged/", {"a.txt": b"a"})

sub = picoweb.WebApp(__name__, serve_static=False)
static.add(sub, "/", "site/folder")
app.mount("/sub", sub)


@app.route("/one")
async def one(req, resp):
    await static.serve(req, resp, "site", "a.txt", 60)


@app.route("/alive")
async def alive(req, resp):
    return "alive"


@app.route("/state")
async def state(req, resp):
    gc.collect()
    return {"connections": len(app.connections), "heap": gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0}


try:
    import vfs

    with open("site.romfs", "rb") as f:
        vfs.mount(vfs.VfsRom(f.read()), "/rom")
    static.add(app, "/rom/", "/rom")
except (ImportError, AttributeError):
    pass
if sys.argv[2:]:
    app.write_timeout = int(sys.argv[2])
app.run(port=int(sys.argv[1]))
