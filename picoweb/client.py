"""Who the client is: req.client, and resp.get_extra_info("peername") of asyncio."""
from .request import field


def get_extra_info(conn, name, default=None):
    """Return the (address, port) that the connection comes from, as str and int, for the name "peername"."""
    address = conn.address
    if name != "peername" or not address:
        return default
    if isinstance(address, bytearray):  # on unix
        import socket

        family, host, port = socket.sockaddr(address)[:3]
        address = socket.inet_ntop(family, host), port
    return tuple(address[:2])


def client(req):
    """Return the client's (address, port); behind app.trusted_proxies the address that they forward for, and 0."""
    peer = get_extra_info(req.conn, "peername")
    hops = field(req, b"x-forwarded-for").split(b",")
    while peer and peer[0] in list(getattr(req.conn.app, "trusted_proxies", ())) and hops:
        hop = hops.pop().strip()  # whom the proxy has the request from
        if hop.count(b":") == 1:  # a port
            hop = hop.partition(b":")[0]
        if not hop or hop.strip(b".:0123456789abcdefABCDEF"):
            break
        peer = hop.decode(), 0
    return peer
