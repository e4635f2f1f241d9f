"""What a handler asks of a request beyond its first line: header fields, forms, the body in one piece."""

from collections.abc import Iterator, Mapping

class Headers(Mapping[bytes, bytes]):
    """Header fields, bytes to bytes, as the client spelled them; looked up in any case (RFC 9110 5.1, 5.3)."""

    def __init__(self, head: bytes, at: int = 11) -> None:
        """Take a header section whose first field is at `at`."""

    def __getitem__(self, name: bytes) -> bytes:
        """Return the value of a field, the values of a repeated one joined; KeyError if there is none."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __len__(self) -> int: ...
