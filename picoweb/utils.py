"""Query strings and percent-encoding."""
from ubinascii import unhexlify


def unquote(s, malformed=None):
    """Return `s` with its %XX decoded as UTF-8, or what is given for a malformed one."""
    if "%" not in s:
        return s
    parts = s.encode().split(b"%")
    try:
        for i in range(1, len(parts)):
            parts[i] = unhexlify(parts[i][:2] or b"%") + parts[i][2:]
        return b"".join(parts).decode()
    except ValueError:
        return malformed


def unquote_plus(s):
    """Return `s` with "+" as a space and %XX decoded as UTF-8; what is malformed stays."""
    return unquote(s.replace("+", " "), s)


def parse_qs(s):
    """Return a dict; a repeated key maps to a list, one without "=" to True."""
    form = {}
    for part in s.split("&"):
        if part:
            key, equals, value = part.partition("=")
            if "%" in part or "+" in part:
                key = unquote_plus(key)
                value = unquote_plus(value)
            value = not equals or value
            if key not in form:
                form[key] = value
            elif isinstance(form[key], list):
                form[key].append(value)
            else:
                form[key] = [form[key], value]
    return form
