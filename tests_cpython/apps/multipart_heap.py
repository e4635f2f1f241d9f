"""A form with a file of any size in a small heap: `multipart_heap.py PORT`."""

import gc
import sys

import picoweb
import uhashlib
from picoweb.multipart import Multipart
from ubinascii import hexlify

app = picoweb.WebApp(__name__, serve_static=False)
app.max_body = 4 << 20


@app.route("/idle")
def idle(req, resp):
    gc.collect()
    return str(gc.mem_alloc())


class Digest:
    """Takes a file; looks at the heap now and then, what is garbage left out."""

    def __init__(self):
        self.sha256 = uhashlib.sha256()
        self.size = self.peak = 0

    def write(self, data):
        self.sha256.update(data)
        self.size += len(data)
        if self.size % 50 < len(data) % 50:
            gc.collect()
            self.peak = max(self.peak, gc.mem_alloc())


@app.route("/digest")
async def digest(req, resp):
    """The last file's digest, and the most heap in use."""
    async for part in Multipart(req):
        if part.filename:
            found = Digest()
            await part.save(found)
    return {"size": found.size, "sha256": hexlify(found.sha256.digest()).decode(), "peak": found.peak}


app.run(port=int(sys.argv[1]), debug=-1)
