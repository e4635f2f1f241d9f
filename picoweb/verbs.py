"""Routes of one method: `@app.get("/led")` is `@app.route("/led", methods=["GET"])`."""


def verb(method):
    """Return app.get, app.post, … for that method."""
    return lambda app, url, **extra: app.route(url, methods=[method], **extra)


get, post, put, patch, delete = map(verb, ("GET", "POST", "PUT", "PATCH", "DELETE"))
