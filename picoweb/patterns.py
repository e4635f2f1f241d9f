"""Typed patterns of routes: "/users/<int:id>" hands a handler id=12."""
import ure

from .utils import unquote


class Pattern:
    """What url_map takes for a pattern: text with <name>, <int:…>, <float:…>, <path:…>, <re:expression:…>."""

    named = True  # its match holds a handler's keyword arguments

    def __init__(self, url):
        self.url = url
        names = [""]
        literal, *rest = url.split("<")
        self.parts = [literal]  # between them (kind, name)
        for part in rest:
            inside, closed, literal = part.partition(">")
            kind, colon, name = inside.rpartition(":")  # an expression may hold colons
            if kind[:3] == "re:":
                try:
                    kind = ure.compile("^(" + kind[3:] + ")$")
                except Exception:  # CPython's is no ValueError
                    closed = ""
            elif colon and kind not in ("int", "float", "path"):
                closed = ""
            if not closed or ">" in literal or "-" in name or name in names:
                raise ValueError("a malformed pattern: " + url)
            names.append(name)
            self.parts += (kind, name), literal

    def match(self, path, at=0):
        """Return a dict of the values in a path, the longest first; None if it does not match."""
        if not at:
            path = unquote(path, path)
        literal = self.parts[at]
        if not path.startswith(literal):
            return None
        path = path[len(literal) :]
        at += 2
        if at > len(self.parts):
            return None if path else {}
        kind, name = self.parts[at - 1]
        literal = self.parts[at]
        end = len(path)
        if kind != "path" and "/" in path:
            end = path.find("/")
        while end > 0:
            if path.startswith(literal, end):
                value = path[:end]
                values = self.match(path[end:], at)
                if kind == "int" or kind == "float":
                    whole, dot, part = value.partition(".")
                    if (whole + part).strip("0123456789") or not whole or dot and (not part or kind == "int"):
                        values = None
                    elif values is not None:
                        value = float(value) if dot else int(value)
                elif not isinstance(kind, str) and not kind.match(value):
                    values = None
                if values is not None:
                    values[name] = value
                    return values
            end -= 1
        return None
