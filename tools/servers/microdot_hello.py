"""Hello on Microdot: `microdot_hello PORT`."""

import sys

from microdot import Microdot

app = Microdot()


@app.route("/")
async def hello(request):
    return "Hello world", 200, {"Content-Type": "text/html"}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
