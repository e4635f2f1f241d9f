"""One file as a request's whole body: `upload.py PORT`; what it keeps goes into a folder of that name."""

import gc
import sys

import picoweb
import uasyncio as asyncio
import uos
from picoweb.upload import Upload

FOLDER = "uploads-" + sys.argv[1]
FULL = "full-uploads-" + sys.argv[1]

app = picoweb.WebApp(__name__, serve_static=False)
app.max_body = 2 << 20
app.body_timeout = 2


class RAM:
    """A block device; its first `good` blocks can be written."""

    def __init__(self, blocks, size, good=None):
        self.size = size
        self.data = bytearray(blocks * size)
        self.good = blocks if good is None else good
        self.synced = 0

    def readblocks(self, n, buf, off=0):
        at = n * self.size + off
        buf[:] = self.data[at:at + len(buf)]

    def writeblocks(self, n, buf, off=0):
        if n >= self.good:
            return -5
        at = n * self.size + off
        self.data[at:at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 3:
            self.synced += 1
        if op == 4:
            return len(self.data) // self.size
        if op == 5:
            return self.size
        if op == 6:
            return 0


def full_folder(kind):
    """A folder where the disk is soon full."""
    if hasattr(uos, "VfsLfs2"):
        return "/" + kind
    # On CPython what is written there goes to a device that is always full.
    folder = FULL + "-" + kind
    if ".0.part" not in uos.listdir(folder):
        uos.symlink("/dev/full", folder + "/.0.part")
    return folder


def make_full(kind):
    if not hasattr(uos, "VfsLfs2"):
        return uos.mkdir(FULL + "-" + kind)
    device = RAM(50, 512)
    kind = getattr(uos, kind)
    kind.mkfs(device)
    uos.mount(kind(device), "/" + kind.__name__)


uos.mkdir(FOLDER)
for kind in ("VfsLfs2", "VfsFat"):
    make_full(kind)

device = RAM(20, 512)
uploads = {
    "whole": Upload(FOLDER + "/whole.bin"),
    "small": Upload(FOLDER + "/small.bin", max_size=1000),
    "resumable": Upload(FOLDER + "/resumable.bin", max_size=1 << 20, resumable=True),
    "other": Upload(FOLDER + "/other.bin", resumable=True),
    "device": Upload(device),
    "device-resumable": Upload(device, resumable=True),
    "broken": Upload(RAM(20, 512, good=2)),
    "nowhere": Upload(FOLDER + "/none/nowhere.bin"),
}


@app.route("/")
async def index(req, resp):
    return "hello"


@app.route("/mem")
async def memory(req, resp):
    """The heap in use while no other client is connected."""
    while len(app.connections) > 1:
        await asyncio.sleep_ms(5)
    gc.collect()
    return str(gc.mem_alloc())


@app.route("/files")
async def files(req, resp):
    return {name: uos.stat(FOLDER + "/" + name)[6] for name in uos.listdir(FOLDER)}


@app.route("/read/<name>")
async def read(req, resp, name):
    await app.sendfile(resp, FOLDER + "/" + name)


@app.route("/clean")
async def clean(req, resp):
    for name in uploads:
        uploads[name].drop()
    for name in uos.listdir(FOLDER):
        uos.remove(FOLDER + "/" + name)
    device.data[:] = bytes(len(device.data))
    device.synced = 0
    return ""


@app.route("/to/<name>", methods=["PUT", "POST", "HEAD"])
async def to(req, resp, name):
    upload = uploads[name]
    size = await upload.receive(req)
    return {"size": size, "sha256": upload.sha256}


@app.route("/said/<name>/<sha256>", methods=["PUT"], headers="skip")
def said(req, resp, name, sha256):
    size = yield from uploads[name].receive(req, sha256)
    return {"size": size, "sha256": uploads[name].sha256}


@app.route("/device")
async def read_device(req, resp):
    return bytes(device.data), 200, {"X-Synced": device.synced}


@app.route("/full/<kind>", methods=["PUT"])
async def full(req, resp, kind):
    await Upload(full_folder(kind) + "/big.bin").receive(req)
    return "there"


@app.route("/full-files/<kind>")
async def full_files(req, resp, kind):
    return [name for name in uos.listdir(full_folder(kind)) if hasattr(uos, kind) or name != ".0.part"]


app.run(port=int(sys.argv[1]), debug=0)
