"""An app in a package: its static files and templates are its own."""

import picoweb


app = picoweb.WebApp(__name__)


@app.route("/")
def index(req, resp):
    yield from picoweb.start_response(resp)
    yield from app.render_template(resp, "shop.html", ("fruit",))
