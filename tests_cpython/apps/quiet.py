"""debug=-1: says whether a logging module was loaded."""

import sys

import picoweb


app = picoweb.WebApp(__name__)
loaded_by_runtime = [name for name in ("logging", "ulogging") if name in sys.modules]


@app.route("/")
def index(req, resp):
    new = [n for n in ("logging", "ulogging") if n in sys.modules and n not in loaded_by_runtime]
    yield from picoweb.jsonify(resp, new)


@app.route("/raise")
def fail(req, resp):
    raise RuntimeError("unseen")
    yield


app.run(port=int(sys.argv[1]), debug=-1)
