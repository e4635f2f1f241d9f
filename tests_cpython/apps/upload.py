"""One file as a request's whole body: `upload.py PORT`; what it keeps goes into a folder of that name."""

import sys

import memory
import picoweb
import uos
from disks import RAM, FullDisk
from picoweb.upload import Upload

FOLDER = "uploads-" + sys.argv[1]

app = picoweb.WebApp(__name__, serve_static=False)
app.max_body = 2 << 20
app.body_timeout = 2
memory.add(app)

uos.mkdir(FOLDER)
full_disks = {kind: FullDisk(kind, "full-uploads-%s-%s" % (sys.argv[1], kind)) for kind in ("VfsLfs2", "VfsFat")}

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
    await Upload(full_disks[kind].folder() + "/big.bin").receive(req)
    return "there"


@app.route("/full-files/<kind>")
async def full_files(req, resp, kind):
    return full_disks[kind].files()


app.run(port=int(sys.argv[1]), debug=0)
