"""What a board starts: joins the Wi-Fi that config.py names, then serves the app on port 80."""

import time

import network

import config
from app import app

WAIT_S = 20  # for the Wi-Fi


def join(name, password):
    """Joins a Wi-Fi; answers the board's address."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if not wlan.isconnected():
        wlan.connect(name, password)
    for _ in range(WAIT_S * 10):
        if wlan.isconnected():
            return wlan.ifconfig()[0]
        time.sleep(0.1)
    raise OSError("cannot join the Wi-Fi %s; is config.py right?" % name)


if __name__ == "__main__":
    print("Serving at http://%s" % join(config.WIFI_NAME, config.WIFI_PASSWORD))
    app.run(host="0.0.0.0", port=80)
