"""The dashboard, and a WebSocket at /talk that sends back what it hears."""

from dashboard import app


@app.websocket("/talk", max_message=1024)
async def talk(req, ws):
    async for message in ws:
        await ws.send(message)
