"""Hello on Microdot."""

from microdot import Microdot

app = Microdot()


@app.route("/")
async def hello(request):
    return "Hello world", 200, {"Content-Type": "text/html"}
