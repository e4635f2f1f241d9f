"""Joins the Wi-Fi, or asks for one: a phone finds the access point "lamp-setup", and a page that lists the networks.

For a board with Wi-Fi, as its main.py. On a host, which has none, CPython runs it with a stand-in:
picoweb run examples/portal.py

What was chosen is in wifi.json; without that file it asks again.
"""

import sys

import picoweb
from picoweb.html import escape
from picoweb.portal import Portal
from picoweb.wifi import WiFi

app = picoweb.WebApp(__name__)
wifi = WiFi(hostname="lamp")
portal = Portal(wifi, "lamp-setup")


@app.route("/")
async def index(req, resp):
    return "<h1>Hello from %s</h1><p>in the Wi-Fi %s" % (wifi.address, escape(wifi.ssid or ""))


def pretend():
    """Has CPython's stand-in find two networks: "home", whose password is "12345678", and "guests", which has none."""
    import network

    network.WLAN(network.AP_IF).ifconfig(("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1"))
    wlan = network.WLAN()
    wlan.networks = [(b"home", b"\1" * 6, 1, -48, 3, False), (b"guests", b"\2" * 6, 6, -71, 0, False)]
    wlan.keys = {"home": "12345678", "guests": ""}
    portal.host = "127.0.0.1"
    portal.port = 8081  # 80 is root's
    portal.dns_port = 5353


if __name__ == "__main__":
    if sys.implementation.name == "cpython":
        pretend()
    portal.run(app, port=portal.port)
