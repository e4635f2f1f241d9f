"""Typed patterns of routes: "/users/<int:id>"."""
import ure

parsed = {}  # those in use, by their text


def match(url, path):
    """The values that the pattern `url` takes from a path; None where it does not match."""
    if url not in parsed:
        parsed[url] = parse(url)
    return take(parsed[url], 0, path)


def parse(url):
    """A pattern as literals with (type, name) between them; ValueError where it is malformed."""
    literal, *rest = url.split("<")
    parts = [literal]
    for part in rest:
        inside, closed, literal = part.partition(">")
        kind, colon, name = inside.partition(":")
        if not colon:
            kind, name = "str", kind
        elif kind == "re":
            # The expression may hold colons, the name cannot.
            at = name.rfind(":")
            kind, name = ure.compile("^(" + name[:at] + ")$"), name[at + 1 :]
        elif kind not in TYPES:
            raise ValueError("no type %r in the pattern %r" % (kind, url))
        if not closed or not name:
            raise ValueError("the pattern %r is malformed" % url)
        parts.append((kind, name))
        parts.append(literal)
    return parts


def take(parts, at, path):
    """Matches parts[at:] with all of `path`; the longest value first."""
    if not path.startswith(parts[at]):
        return None
    path = path[len(parts[at]) :]
    if at + 1 == len(parts):
        return None if path else {}
    (kind, name), following = parts[at + 1 : at + 3]
    longest = len(path)
    if kind != "path" and "/" in path:
        longest = path.find("/")
    for end in range(longest, 0, -1):
        if path.startswith(following, end):
            value = convert(kind, path[:end])
            values = None if value is None else take(parts, at + 2, path[end:])
            if values is not None:
                values[name] = value
                return values
    return None


def integer(text):
    return int(text) if not text.strip("0123456789") else None


def number(text):
    whole, dot, part = text.partition(".")
    return float(text) if dot and whole and part and not (whole + part).strip("0123456789") else integer(text)


TYPES = {
    "str": lambda text: text,
    "int": integer,
    "float": number,
    "path": lambda text: text,
}


def convert(kind, text):
    if isinstance(kind, str):
        return TYPES[kind](text)
    return text if kind.match(text) else None
