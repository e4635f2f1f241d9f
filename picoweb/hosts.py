"""An allow-list of Host, as middleware: a page elsewhere cannot reach the app by a name that leads to it (DNS rebinding)."""
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


def hosts(*names):
    """Middleware that answers 421 where the request is for none of these: "device.local", "*.local", "192.168.4.1"."""
    allowed = [check(name) for name in names]
    if not allowed:
        raise ValueError("hosts() without a name lets nobody in: hosts(\"device.local\")")

    async def guard(req, resp, next):
        host = requested(req.conn.header_section())
        for name in allowed:
            if host == name or name[:1] == b"*" and host.endswith(name[1:]):
                return await next()
        return "not a host of this app\n", "421 Misdirected Request", TEXT

    return guard


def check(name):
    """An allowed name in bytes; ValueError for what no Host is compared with."""
    if name.count(":") > 1 and name[:1] != "[":
        name = "[%s]" % name
    found = bare(name.encode())
    star = found[:1] == b"*" and found[1:2] != b"."
    if not found or star or b"/" in found or b"*" in found[1:] or len(found) < len(name.rstrip(".")):
        raise ValueError("%r is no host: it is a name or an address alone, or *. and a name" % name)
    return found


def requested(head):
    """Return the host of a header section, b"" for none; that of an absolute target is in its place (RFC 9112 3.2.2)."""
    _, found, rest = head.lower().partition(b"\nhost:")
    return bare(rest.partition(b"\r")[0])


def bare(host):
    """In lower case, without the port and the dot of a full name."""
    host = host.strip(b" \t").lower()
    if host[:1] == b"[":
        return host[: host.find(b"]") + 1]
    host = host.partition(b":")[0]
    return host[:-1] if host[-1:] == b"." else host
