"""The smallest picoweb app: one page."""

import picoweb

app = picoweb.WebApp(__name__)


@app.route("/")
async def index(req, resp):
    return "<h1>Hello from picoweb</h1>"


if __name__ == "__main__":
    app.run()
