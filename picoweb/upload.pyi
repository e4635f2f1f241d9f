"""One file as the body of requests, new firmware say: to a path or a block device, checked, and whole or not there."""

from typing import Any, Protocol

from picoweb.http import Coroutine, HTTPRequest

class BlockDevice(Protocol):
    """What os.mount() takes: an esp32.Partition, say."""

    def writeblocks(self, n: int, buf: bytearray, /) -> Any: ...
    def ioctl(self, op: int, arg: int, /) -> Any: ...

class Upload:
    """Where uploads go, one at a time: a path, or an object with writeblocks() and ioctl().

    `max_size` in bytes; a device has its own. With `resumable`, what has come of a file waits for its rest.
    """

    offset: int  # bytes that have come
    total: int | None  # bytes of the file, where they were said
    busy: bool  # an upload is in progress
    sha256: str  # of the last whole file, in hexadecimal

    def __init__(self, to: str | BlockDevice, max_size: int = ..., resumable: bool = False) -> None: ...
    def receive(self, req: HTTPRequest, sha256: str | None = None) -> Coroutine[int]:
        """Take a PUT or POST; return the file's size once all of it has come, with the digest that was said of it.

        The digest is `sha256`, in hexadecimal, or the client's Repr-Digest. HTTPException: 202 after a part of the
        file, 204 for HEAD, 409 for a part that does not follow, each with an Upload-Offset; 413, 422, 503, 507.
        """

    def drop(self) -> None:
        """Forget what has come of a file."""
