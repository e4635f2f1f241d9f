"""APP_NAME: a page with a form, its notes as JSON, a script that asks for news."""

import time

import picoweb

MOST_NOTES = 10  # a board's heap is small

app = picoweb.WebApp(__name__)
app.autoescape = True  # what a template shows is text, not markup
notes = ["Hello from APP_NAME"]
started = time.time()


@app.route("/", methods=["GET"])
async def index(req, resp):
    await picoweb.start_response(resp)
    await app.render_template(resp, "index.html", (notes,))


@app.route("/", methods=["POST"])
async def add_note(req, resp):
    await req.read_form_data()
    note = req.form.get("note")
    if not isinstance(note, str) or not note.strip():
        raise picoweb.HTTPException(400, "a note has some text")
    notes.append(note.strip()[:80])
    del notes[:-MOST_NOTES]
    return "", 303, {"Location": "/"}


@app.route("/notes")
async def list_notes(req, resp):
    return {"notes": notes}


@app.route("/status")
async def status(req, resp):
    return {"seconds": int(time.time() - started), "notes": len(notes)}


if __name__ == "__main__":
    app.run()
