"""Forms with files, read in every way: `multipart.py PORT`; what it keeps goes into a folder of that name."""

import sys

import memory
import picoweb
import uasyncio as asyncio
import uhashlib
import uos
from disks import FullDisk
from picoweb.form import with_form
from picoweb.multipart import Multipart
from ubinascii import hexlify

FOLDER = "files-" + sys.argv[1]
FULL = "full-" + sys.argv[1]
SAVED = FOLDER + "/saved"

app = picoweb.WebApp(__name__, serve_static=False)
app.max_body = 4 << 20
app.body_timeout = 2
memory.add(app)


class Small(Multipart):
    max_parts = 3
    max_head = 128
    max_fields = 20
    max_file = 30


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/files")
async def files(req, resp):
    """What lies in the folders, and how long it is."""
    found = {}
    for folder in (FOLDER, SAVED):
        for name in uos.listdir(folder):
            if name != "saved":
                found[folder[len(FOLDER):] + "/" + name] = uos.stat(folder + "/" + name)[6]
    return found


@app.route("/clean")
async def clean(req, resp):
    for folder in (FOLDER, SAVED):
        for name in uos.listdir(folder):
            if name != "saved":
                uos.remove(folder + "/" + name)
    return ""


@app.route("/parts/<int:n>")
async def parts(req, resp, n):
    """Each part with its content in hexadecimal, read `n` bytes at a time."""
    found = []
    async for part in Multipart(req):
        content = ""
        while True:
            data = await part.read(n)
            if not data:
                break
            assert len(data) <= n
            content += hexlify(data).decode()
        found.append([part.name, part.filename, content])
    return found


@app.route("/digests")
async def digests(req, resp):
    """Each part's digest, read into one buffer."""
    buf = bytearray(500)
    view = memoryview(buf)
    found = []
    async for part in Multipart(req):
        digest = uhashlib.sha256()
        size = 0
        while True:
            n = await part.readinto(buf)
            if not n:
                break
            digest.update(view[:n])
            size += n
        found.append([part.name, part.filename, size, hexlify(digest.digest()).decode()])
    return found


class Sink:
    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(bytes(data))


class Slow(Sink):
    async def write(self, data):
        await asyncio.sleep_ms(1)
        super().write(data)


@app.route("/to/<where>")
async def to(req, resp, where):
    """The first part to a function, a coroutine function, an object or an open file: its content."""
    part = await Multipart(req).next()
    if where == "file":
        with open(FOLDER + "/open.bin", "wb") as f:
            await part.save(f)
        with open(FOLDER + "/open.bin", "rb") as f:
            return f.read()
    sink = Slow() if where in ("slow", "coroutine") else Sink()
    await part.save(sink.write if where in ("function", "coroutine") else sink)
    return b"".join(sink.parts)


@app.route("/skip")
async def skip(req, resp):
    """The names alone."""
    names = []
    async for part in Multipart(req):
        names.append(part.name)
    return names


@app.route("/first")
def first(req, resp):
    """The first part's name: the rest is nobody's."""
    part = yield from Multipart(req).next()
    return part.name


@app.route("/beyond")
async def beyond(req, resp):
    """What follows the last part."""
    form = Multipart(req)
    while await form.next():
        pass
    return [await form.read(10) == b"", await form.next() is None]


@app.route("/headers", headers="skip")
async def headers(req, resp):
    part = await Multipart(req).next()
    return {name.decode(): value.decode() for name, value in part.headers.items()}


@app.route("/save")
async def save(req, resp):
    """Every file straight into the folder."""
    saved = []
    async for part in Multipart(req):
        if part.filename:
            saved.append((await part.save(SAVED))[len(FOLDER):])
    return saved


def told(req):
    def about(file):
        if isinstance(file, list):
            return [about(f) for f in file]
        return [file.filename, file.size, file.headers.get(b"Content-Type", b"").decode()]

    return {"form": req.form, "files": {name: about(req.files[name]) for name in req.files}}


@app.route("/form")
@with_form(FOLDER)
async def form(req, resp):
    with open(FOLDER + "/.0.part", "rb") as f:  # while it waits it can be read
        assert len(f.read()) == req.files["avatar"].size
    path = req.files["avatar"].save(SAVED)
    return {"told": told(req), "path": path[len(FOLDER):]}


@app.route("/unsaved/<int:n>", methods=["POST"])
@with_form(FOLDER)
def unsaved(req, resp, n):
    yield from asyncio.sleep_ms(n)
    return told(req)


@app.route("/plain")
@with_form(FOLDER)
def plain(req, resp):
    return told(req)


@app.route("/raises")
@with_form(FOLDER)
async def raises(req, resp):
    raise RuntimeError("the handler's reason")


@app.route("/fields")
@with_form()
async def fields(req, resp):
    return told(req)


@app.route("/small")
@with_form(FOLDER, Small)
async def small(req, resp):
    return told(req)


# A file system that is full after some kilobytes

@app.route("/full/<kind>")
async def full(req, resp, kind):
    part = await Multipart(req).next()
    await part.save(full_disks[kind].folder())
    return "saved"


@app.route("/full-form/<kind>")
async def full_form(req, resp, kind):
    @with_form(full_disks[kind].folder())
    async def handle(req, resp):
        return "read"

    return await handle(req, resp)


@app.route("/full-files/<kind>")
async def full_files(req, resp, kind):
    return full_disks[kind].files()


for name in (FOLDER, SAVED):
    uos.mkdir(name)
full_disks = {name: FullDisk(kind, FULL + "-" + name) for name, kind in (("lfs", "VfsLfs2"), ("fat", "VfsFat"))}
app.run(port=int(sys.argv[1]), debug=0)
