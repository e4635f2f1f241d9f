"""Runs the cases of a JSON file, `wifi.py FILE`, each with a radio of its own, and prints what came of each."""

import sys

import ujson
from radio import Radio, TimeIsOver

import uasyncio as asyncio
from picoweb.wifi import WiFi, WiFiError


class Quiet(WiFi):
    def say(self, *words):
        self.said.append([self.network.now_ms, " ".join([str(word) for word in words])])


async def run(case):
    radio = Radio(case.get("kind", "pico"), case.get("air", {}), case.get("events", ()))
    radio.ends_ms = case.get("ends_ms", radio.ends_ms)
    radio.fails = case.get("fails", {})
    wifi = Quiet(case.get("known", ()), network=radio, **case.get("options", {}))
    wifi.said = []
    wifi.pause = radio.pause
    found = {"raised": None}
    try:
        await getattr(wifi, case.get("do", "connect"))()
    except WiFiError as e:
        found["raised"] = str(e)
    except TimeIsOver:
        pass
    wlan = radio.made[0]
    found.update({
        "ssid": wifi.ssid, "address": wifi.address, "said": wifi.said, "asked": radio.asked, "ms": radio.now_ms,
        "config": {name: wlan.settings[name] for name in wlan.settings if name != "mac"},
        "settings": radio.settings, "is_connected": wlan.isconnected(), "wants": wlan.goal[0],
    })
    return found


async def main():
    with open(sys.argv[1]) as f:
        cases = ujson.load(f)
    results = {}
    for name in cases:
        results[name] = await run(cases[name])
    print(ujson.dumps(results))


asyncio.run(main())
