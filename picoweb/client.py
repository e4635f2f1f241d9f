"""Who the client is: req.client, and resp.get_extra_info("peername") of asyncio."""


def get_extra_info(conn, name, default=None):
    """Return the client's (address, port), as str and int, for the name "peername"."""
    if name != "peername":
        return default
    address = conn.address
    if address is None and hasattr(conn.stream, "get_extra_info"):
        address = conn.stream.get_extra_info(name)
    if not address or isinstance(address, (tuple, list)):
        return tuple(address[:2]) if address else default
    port = address[2] * 256 + address[3]
    if len(address) < 28:  # a sockaddr, of IPv4
        return "%d.%d.%d.%d" % tuple(address[4:8]), port
    return ":".join(["%x" % (address[at] * 256 + address[at + 1]) for at in range(8, 24, 2)]), port


def client(req):
    """Return the client's (address, port)."""
    return get_extra_info(req.conn, "peername")
