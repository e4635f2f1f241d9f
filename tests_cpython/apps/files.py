"""Files that handlers send, and those of a package and of FAT: `files.py PORT`."""

import sys

import picoweb
import picoweb.static as static
import uos
from disks import RAM

try:
    import re
except ImportError:
    import ure as re

app = picoweb.WebApp(None)
sent = []


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/send/<path:name>")
async def send(req, resp, name):
    await app.sendfile(resp, name)
    sent.append(name)


@app.route("/sent")
async def tell_sent(req, resp):
    return sent


@app.route("/type/<name>")
async def tell_type(req, resp, name):
    return picoweb.get_mime_type(name)


app.add_url_rule(re.compile("^/group/(.+)$"), app.handle_static)

shelf = picoweb.WebApp("shelf.views")
app.mount("/shelf", shelf)

if hasattr(uos, "VfsFat"):
    device = RAM(200, 512)
    uos.VfsFat.mkfs(device)
    uos.mount(uos.VfsFat(device), "/fat")
    for name in (".0.part", "a long name.txt", "plain.txt"):
        with open("/fat/" + name, "w") as f:
            f.write("secret of " + name)
    static.add(app, "/fat/", "/fat")

app.run(port=int(sys.argv[1]))
