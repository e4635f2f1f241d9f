"""The portal on a scripted radio, whose time is mostly twenty times as fast: `portal.py PORT DNS_PORT [FAULT]`."""

import sys

import picoweb
from disks import FullDisk
from picoweb.portal import Portal
from picoweb.wifi import WiFi
from radio import Radio

port = int(sys.argv[1])
fault = sys.argv[3] if len(sys.argv) > 3 else ""
radio = Radio("esp32", {
    "home": {"key": "secret12", "rssi": (-80, -48, -60)},
    "café ☕": {"key": "secret12", "rssi": (-70,)},
    "<b>\"'&": {"key": "secret12", "rssi": (-75,)},
    "guests": {"key": "", "rssi": (-55,)},
    "no addresses": {"key": "secret12", "end": "NO_ADDRESS", "rssi": (-90,)},
    "cellar": {"key": "secret12", "hidden": True},
    "x" * 32: {"key": "secret12", "rssi": (-91,)},
    "not UTF-8": {"bytes": b"\xff\xfe"},
    "control": {"bytes": b"a\nb"},
    "no name": {"bytes": b""},
}, speed=20)
wifi = WiFi(hostname="lamp", network=radio)
wifi.pause = radio.pause
wifi.timeout = 10
portal = Portal(wifi, "lamp-setup", path="wifi-%d.json" % port, port=port)
portal.linger = 400
portal.host = "127.0.0.1"
portal.dns_port = int(sys.argv[2])
app = picoweb.WebApp(__name__, serve_static=False)


def full_disk():
    """A disk that has nothing left beside the networks of before."""
    disk = FullDisk("VfsFat", "full-wifi-%d" % port)
    with open(disk.path + "/wifi.json", "w") as f:
        f.write('[["old", "secret34"]]')
    if disk.is_real:
        try:
            with open(disk.path + "/rest", "wb") as f:
                while True:
                    f.write(bytes(512))
        except OSError:
            pass
    return disk


@app.route("/")
async def index(req, resp):
    return {"ssid": wifi.ssid, "access point": 1 in radio.made and radio.made[1].active(), "stored": stored()}


def stored():
    try:
        with open(portal.path) as f:
            return f.read()
    except OSError:
        return None


if fault == "scan":
    radio.fails["scan"] = "Wifi Internal Error"
elif fault == "slow":  # as slow as on a board
    radio.speed = 1
    radio.air["silent"] = {"end": "SILENT"}
elif fault == "full":
    portal.path = full_disk().folder() + "/wifi.json"
elif fault == "back":  # a router that starts more slowly than the board
    wifi.networks = [("home", "secret12")]
    portal.retry = 5
    radio.events += [[0, "home", False], [30000, "home", True]]
elif fault in ("ap", "ap stays off"):
    radio.fails[fault] = "Wifi Internal Error"
    radio.recovers_ms = 20000

portal.run(app, "127.0.0.1", port, debug=0)
