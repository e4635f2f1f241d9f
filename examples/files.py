"""A file browser: what is in the folder `shared`, on a page; files open, or come in part, as a video player asks."""

import uos

import picoweb
import picoweb.static as static
from picoweb.static_folder import FILE, FOLDER, kind_of
from picoweb.utils import unquote_plus

SHARED = "shared/"
PAGE = """<!doctype html><html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Files</title>
<style>:root{color-scheme:light dark;background:Canvas}
body{font:16px system-ui,sans-serif;max-width:30em;margin:2em auto;padding:0 1em}li{display:flex;margin:.5em 0}
ul{padding:0}a{flex:1;overflow-wrap:anywhere}</style>
<h1 id="where">/</h1>
<ul id="list"></ul>
<script>
function line(text, href, size) {
    const item = document.createElement("li")
    const link = document.createElement("a")
    link.textContent = text
    link.href = href
    item.append(link, size)
    list.append(item)
}

async function show() {
    const folder = decodeURIComponent(location.hash.slice(1))
    const path = folder.split("/").map(encodeURIComponent).join("/")
    const answer = await fetch("/list/" + path)
    const found = answer.ok ? await answer.json() : []
    where.textContent = answer.ok ? "/" + folder : "There is no folder " + folder
    list.replaceChildren()
    if (folder) line("..", "#" + path.split("/").slice(0, -2).map(name => name + "/").join(""), "")
    for (const [name, size] of found) {
        const target = path + encodeURIComponent(name)
        if (size == null) line(name + "/", "#" + target + "/", "")
        else line(name, "/files/" + target, size + " bytes")
    }
}

onhashchange = show
show()
</script>
"""

app = picoweb.WebApp(__name__, serve_static=False)
static.add(app, "/files/", SHARED)


@app.route("/")
async def index(req, resp):
    return PAGE


@app.route("/list/", prefix=True, methods=["GET"])
async def list_folder(req, resp):
    """[name, size] of what is in a folder, whose path ends with a slash; the size of a folder is null."""
    path = unquote_plus(req.path.replace("+", "%2B"))[len("/list/") :]
    if path and kind_of(SHARED, path[:-1]) != FOLDER:
        raise picoweb.HTTPException(404, "no such folder")
    found = []
    try:
        for name, kind, *_ in uos.ilistdir(SHARED + path):
            if name[:1] != "." and kind in (FILE, FOLDER):
                found.append([name, None if kind == FOLDER else uos.stat(SHARED + path + name)[6]])
    except OSError:
        raise picoweb.HTTPException(404, "no such folder")
    return sorted(found)


def prepare():
    """Has something to show."""
    try:
        uos.mkdir(SHARED[:-1])
    except OSError:
        return  # it is there
    with open(SHARED + "hello.txt", "w") as f:
        f.write("Put files into the folder shared.\n")


prepare()
if __name__ == "__main__":
    app.run()
