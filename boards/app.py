"""The app of a board that has no other: an app.py in the board's file system takes its place."""

import gc
import sys

import pages
import picoweb
import picoweb.static as static

app = picoweb.WebApp(__name__, serve_static=False)


@app.route("/board")
async def board(req, resp):
    gc.collect()
    return {"board": sys.platform, "free": gc.mem_free()}


static.add(app, "/", pages.R)

if __name__ == "__main__":
    app.run()
