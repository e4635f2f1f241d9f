"""run(log=…): an app's own logger gets the lines."""

import sys

import picoweb


class Log:
    lines = []

    def log(self, msg, *args):
        self.lines.append(msg % args if args else msg)

    debug = info = warning = error = critical = log

    def exc(self, e, msg, *args):
        self.log(msg, *args)


app = picoweb.WebApp(__name__)


@app.route("/")
def index(req, resp):
    yield from picoweb.jsonify(resp, Log.lines)


app.run(port=int(sys.argv[1]), log=Log())
