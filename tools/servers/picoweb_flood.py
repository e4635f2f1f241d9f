"""The dashboard, and a download of 8 MB at /big."""

from dashboard import app


def pieces():
    piece = b"x" * 1024
    for _ in range(8192):
        yield piece


@app.route("/big", methods=["GET"])
async def big(req, resp):
    return pieces()
