"""Query strings and percent-encoding."""
from ubinascii import unhexlify


def unquote_plus(s):
    """`s` with "+" as a space and %XX as UTF-8; a malformed one stays as it is."""
    first, *rest = s.replace("+", " ").encode().split(b"%")
    try:
        return b"".join([first] + [unhexlify(part[:2] or b"%") + part[2:] for part in rest]).decode()
    except ValueError:
        return s


def parse_qs(s):
    """A query string's dict; a repeated key maps to a list, one without "=" to True."""
    form = {}
    for part in filter(None, s.split("&")):
        key, equals, value = map(unquote_plus, part.partition("="))
        form.setdefault(key, []).append(not equals or value)
    return {key: values if values[1:] else values[0] for key, values in form.items()}
