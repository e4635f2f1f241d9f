"""Chat: whoever has the same room open hears what is said there. The page is /, a room is /#its-name."""

import picoweb
from picoweb.websocket import WebSocketClosed

app = picoweb.WebApp(__name__, serve_static=False)
rooms = {}  # the WebSockets of each, by its name

PAGE = """<!doctype html><html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Chat</title>
<style>:root{color-scheme:light dark;background:Canvas}
body{font:16px system-ui,sans-serif;max-width:30em;margin:2em auto;padding:0 1em}li{overflow-wrap:anywhere}
form{display:flex;gap:.5em}input[name=text]{flex:1}output{opacity:.8}</style>
<h1>Chat</h1>
<form id="form">
<input name="who" placeholder="Your name" aria-label="Your name" size="8" maxlength="20" required>
<input name="text" placeholder="Say something" aria-label="Say something" maxlength="500" autocomplete="off" required>
<button>Send</button>
</form>
<ul id="said"></ul>
<output id="state"></output>
<script>
let ws

function open() {
    const room = location.hash.slice(1) || "lobby"
    ws = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/chat/${room}`)
    ws.onopen = () => state.value = "In " + decodeURIComponent(room)
    ws.onmessage = event => {
        const item = document.createElement("li")
        item.textContent = event.data
        said.prepend(item)
    }
    ws.onclose = event => {
        state.value = event.reason || "Waiting for the device"
        setTimeout(open, 1000)
    }
}

form.onsubmit = event => {
    event.preventDefault()
    ws.send(`${form.who.value}: ${form.text.value}`)
    form.text.value = ""
}
onhashchange = () => ws.close()  // the other room is opened when this one is closed
open()
</script>
"""


@app.route("/")
async def index(req, resp):
    return PAGE


@app.websocket("/chat/<room>", max_message=2500)
async def chat(req, ws, room):
    if len(rooms) >= 8 and room not in rooms:
        await ws.close(4000, "There are 8 rooms already")
        return
    members = rooms.setdefault(room, [])
    members.append(ws)
    try:
        while True:
            await tell(members, await ws.receive_text())
    finally:
        members.remove(ws)
        if not members:
            rooms.pop(room)


async def tell(members, text):
    """Sends to each; one who takes nothing is waited for, app.write_timeout seconds at most, and then gone."""
    for ws in list(members):
        try:
            await ws.send(text)
        except WebSocketClosed:
            pass  # its own handler ends, too


if __name__ == "__main__":
    app.run()
