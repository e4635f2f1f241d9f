"""New firmware from the browser: with a progress bar, and going on after the Wi-Fi was gone."""

import picoweb
from picoweb.upload import Upload

app = picoweb.WebApp(__name__)

# On an ESP32 the place is a partition, esp32.Partition(esp32.Partition.RUNNING).get_next_update(), and what is below
# `receive` is place.set_boot() and machine.reset().
firmware = Upload("firmware.bin", max_size=2 << 20, resumable=True)

PAGE = """<!doctype html><html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Firmware</title>
<style>:root{color-scheme:light dark;background:Canvas}
body{font:16px system-ui,sans-serif;max-width:30em;margin:2em auto;padding:0 1em}progress{width:100%;margin:1em 0}
output{overflow-wrap:anywhere}</style>
<h1>New firmware</h1>
<input type="file" id="file" aria-label="Firmware">
<progress id="bar" value="0" aria-label="Sent"></progress>
<output id="said">Choose a file.</output>
<script>
const piece = 16384  // bytes at a time: what a picoweb app takes as a body
const pause = ms => new Promise(done => setTimeout(done, ms))

async function send(blob) {
    let at = 0, tries = 0
    while (true) {
        const part = blob.slice(at, at + piece)
        let answer
        try {
            answer = await fetch("/firmware", {method: "PUT", body: part, headers: {
                "Content-Range": `bytes ${at}-${at + part.size - 1}/${blob.size}`}})
        } catch (gone) {
            answer = {status: 503}
        }
        if (answer.status == 503 && tries++ < 60) {  // the device is away, or still waits for the last connection
            said.value = "Waiting for the device"
            await pause(1000)
        } else if (answer.status == 202 || answer.status == 409 && tries++ < 60) {
            at = Number(answer.headers.get("Upload-Offset"))
            bar.value = at
            said.value = Math.floor(100 * at / blob.size) + " %"
        } else if (answer.status == 200) {
            return answer.json()
        } else {
            throw new Error(answer.text ? await answer.text() : "The device does not answer.")
        }
    }
}

file.onchange = async () => {
    const blob = file.files[0]
    bar.max = blob.size
    bar.value = 0
    file.disabled = true
    try {
        const done = await send(blob)
        bar.value = done.size
        said.value = `${done.size} bytes, SHA-256 ${done.sha256}`
    } catch (error) {
        said.value = error.message
    }
    file.disabled = false
}
</script>
"""


@app.route("/")
async def index(req, resp):
    return PAGE


@app.route("/firmware", methods=["PUT", "HEAD"])
async def put(req, resp):
    size = await firmware.receive(req)
    return {"size": size, "sha256": firmware.sha256}


if __name__ == "__main__":
    app.run()
