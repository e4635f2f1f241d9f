"""The Wi-Fi networks that a board knows, in a file: pairs of name and password, the newest first."""
import ujson

from .http import load as load_module

MOST = 4  # networks
MAX_FILE = 2048  # bytes
HEX = "0123456789abcdefABCDEF"


def why_not(ssid, key):
    """Return what is wrong with a network's name or password, in words; None if nothing is."""
    if not ssid:
        return "Choose a network, or type its name."
    if len(ssid.encode()) > 32:
        return "The name is %d bytes long; at most 32 are allowed." % len(ssid.encode())
    if not is_text(ssid + key):
        return "The name or the password has control characters."
    size = len(key.encode())
    if size == 64 and not key.strip(HEX) or not size or 8 <= size <= 63:
        return None
    return "The password is %d bytes long; it may have 8 to 63, or 64 hexadecimal digits." % size


def is_text(s):
    return all(c > 31 and c != 127 for c in s.encode())  # of a str MicroPython would keep each character


def load(path):
    """Return the pairs of a file: those that can be read if it is damaged, none if there is no file."""
    try:
        with open(path, "rb") as f:
            found = ujson.loads(f.read(MAX_FILE).decode())
    except (OSError, ValueError, RuntimeError):
        return []
    pairs = found if isinstance(found, list) else []
    return [pair for pair in pairs if is_pair(pair) and not why_not(*pair)]


def is_pair(pair):
    return isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)


def save(path, ssid, key):
    """Add a network, or give a known one its new password; HTTPException 507 if the flash is full."""
    pairs = [pair for pair in load(path) if pair[0] != ssid]
    folder, slash, name = path.rpartition("/")
    with load_module("saving").NewFile(folder + slash, name) as f:
        f.write(ujson.dumps([[ssid, key]] + pairs[: MOST - 1]).encode())
        f.save()
