"""What boards have and CPython has not: the names, whose they are, and the sentence that says so."""

__all__ = ["why_not"]

_ALL = "most boards"
_BLE = "boards with Bluetooth (ESP32, Raspberry Pi Pico W)"
_ESP = "ESP8266 and ESP32 boards"
_STM = "pyboards and other STM32 boards"

_BOARDS = {
    "_espnow": _ESP,
    "_onewire": _ALL,
    "aioble": _BLE,
    "aioespnow": _ESP,
    "apa102": "ESP8266 boards",
    "bluetooth": _BLE,
    "cryptolib": _ALL,
    "deflate": _ALL,
    "dht": _ALL,
    "ds18x20": _ALL,
    "esp": _ESP,
    "esp32": "ESP32 boards",
    "espnow": _ESP,
    "flashbdev": _ESP,
    "framebuf": _ALL,
    "lcd160cr": _STM,
    "lwip": "boards whose network is lwIP (ESP8266, Raspberry Pi Pico W)",
    "mimxrt": "i.MX RT boards (Teensy 4)",
    "neopixel": _ALL,
    "ntptime": "boards with a network",
    "onewire": _ALL,
    "openamp": "STM32 boards with two cores",
    "pyb": _STM,
    "rp2": "RP2040 and RP2350 boards (Raspberry Pi Pico)",
    "samd": "SAMD21 and SAMD51 boards",
    "stm": _STM,
    "tls": "boards with TLS",
    "ubluetooth": _BLE,
    "ucryptolib": _ALL,
    "uctypes": _ALL,
    "uwebsocket": _ESP,
    "vfs": _ALL,
    "webrepl": "boards with WebREPL",
    "wipy": "the WiPy",
    "zephyr": "boards that run Zephyr",
    "zsensor": "boards that run Zephyr",
    "machine.ADCBlock": "ESP32 boards",
    "machine.CAN": _STM,
    "machine.DAC": "ESP32 boards",
    "machine.SDCard": "ESP32, i.MX RT and STM32 boards",
    "machine.TouchPad": "ESP32 boards",
    "network.LAN": "boards with Ethernet",
    "network.PPP": "boards with a modem",
    "network.WIZNET5K": "boards with Ethernet",
}
# Modules that are here in part: any other name of theirs is a board's.
_IN_PART = ("machine", "network")


def why_not(name):
    """What to tell who imports `name`, or "module.attribute"; None where it is no board's name that we know."""
    module, dot, attribute = name.partition(".")
    if dot and module in _IN_PART and not attribute.startswith("__"):
        what, stand_in = f"{name} is of {_BOARDS.get(name, _ALL)}", name
    elif name in _BOARDS:
        what, stand_in = f"{name} is a module of {_BOARDS[name]}", f"sys.modules[{name!r}]"
    else:
        return None
    return f"{what}; CPython has none (give your tests a stand-in: {stand_in} = ...)"
