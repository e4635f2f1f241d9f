"""Notes on a board: a list in pages, to add to, edit, archive, search and export; no scripts, no sessions.

The store keeps a note under its number: a byte, "-" or "a" if it is archived, then its text. It flushes each change, so
that there is nothing to do when the app ends.
"""

import asyncio

import picoweb
import picoweb.files
import picoweb.patterns
import picoweb.request
import picoweb.store
import picoweb.templates
import ujson as json

PAGE = 20  # notes
MOST = 2000  # characters of a note

app = picoweb.WebApp(__name__, serve_static=False)
app.autoescape = True
app.max_read = 3 * 4 * MOST + 64  # bytes of a form, percent-encoded
db = picoweb.store.open("notes.db")


def key(n):
    return b"%08d" % n


last = 0  # the newest note
for newest in db.keys(None, None, picoweb.store.DESC):
    last = int(newest)
    break


def read(n):
    """Return (whether a note is archived, its text); HTTPException 404 if there is no note n."""
    value = db.get(key(n))
    if value is None:
        raise picoweb.HTTPException(404, "no such note")
    return value[:1] == b"a", value[1:].decode()


def write(n, archived, text):
    db[key(n)] = (b"a" if archived else b"-") + text.encode()


async def select(query, archived, before):
    """Return the numbers of at most PAGE notes, newest first; other clients are served meanwhile."""
    found = []
    query = query.lower()
    for n in range(min(last, before - 1), 0, -1):
        if n % 16 == 0:
            await asyncio.sleep(0)
        hidden, text = read(n)
        if hidden == archived and query in text.lower():
            found.append(n)
            if len(found) == PAGE:
                break
    return found


async def posted(req):
    """Return a form's text; HTTPException 400 if it is none or too long."""
    await req.read_form_data()
    text = req.form.get("text")
    text = text.replace("\r\n", "\n").strip() if isinstance(text, str) else ""
    if not text or len(text) > MOST:
        raise picoweb.HTTPException(400, "a note has 1 to %d characters" % MOST)
    return text


def to_list():
    return "", 303, {"Location": "/"}


@app.route("/", methods=["GET"])
async def index(req, resp):
    req.parse_qs()
    query = req.form.get("q")
    query = query if isinstance(query, str) else ""
    archived = "archived" in req.form
    try:
        before = int(req.form.get("before") or last + 1)
    except (TypeError, ValueError):
        raise picoweb.HTTPException(400, "before is a number")
    found = await select(query, archived, before)
    await picoweb.start_response(resp)
    notes = ((n, read(n)[1]) for n in found)
    await app.render_template(resp, "list.html", (query, archived, notes, found[-1] if len(found) == PAGE else 0))


@app.route("/", methods=["POST"])
async def add(req, resp):
    global last
    text = await posted(req)
    write(last + 1, False, text)
    last += 1
    return to_list()


@app.route("/note/<int:n>", methods=["GET"])
async def note(req, resp, n):
    archived, text = read(n)
    await picoweb.start_response(resp)
    await app.render_template(resp, "note.html", (n, text, archived))


@app.route("/note/<int:n>", methods=["POST"])
async def edit(req, resp, n):
    text = await posted(req)
    write(n, read(n)[0], text)
    return to_list()


@app.route("/archive/<int:n>", methods=["POST"])
async def archive(req, resp, n):
    archived, text = read(n)
    write(n, not archived, text)
    return to_list()


@app.route("/export", methods=["GET"])
async def export(req, resp):
    return lines(), 200, {"Content-Type": "application/jsonl", "Content-Disposition": 'attachment; filename="notes.jsonl"'}


def lines():
    """Yield each note as a line of JSON, oldest first."""
    for n in range(1, last + 1):
        archived, text = read(n)
        yield json.dumps({"note": n, "archived": archived, "text": text}) + "\n"


@app.route("/style.css", methods=["GET"])
@app.route("/notes.css", methods=["GET"])
async def style(req, resp):
    await app.sendfile(resp, req.path, headers={"Cache-Control": "max-age=3600"})


if __name__ == "__main__":
    app.run()
