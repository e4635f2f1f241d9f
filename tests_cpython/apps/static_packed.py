"""What tools/pack.py made: a folder, and a module with the same in it."""

import sys

import packed_site
import picoweb
import picoweb.static as static

app = picoweb.WebApp(__name__)
static.add(app, "/folder/", "packed")
static.add(app, "/module/", packed_site.R)
app.run(port=int(sys.argv[1]))
