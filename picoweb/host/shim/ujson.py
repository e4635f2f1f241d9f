"""MicroPython's `json` on CPython: NaN, infinity and what is nested too deeply are malformed, too."""

import json
from json import *  # noqa: F403


def loads(text, **options):
    """The value of a JSON text; ValueError if it is malformed."""
    try:
        return json.loads(text, **{"parse_constant": refuse, **options})
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def load(file, **options):
    """The value of the JSON text in a file; ValueError if it is malformed."""
    return loads(file.read(), **options)


def refuse(name):
    raise ValueError("%s is no JSON" % name)
