"""The Wi-Fi networks that a board knows, in a file: pairs of name and password, the newest first."""

def why_not(ssid: str, key: str) -> str | None:
    """What is wrong with a network's name or password, in words; None where nothing is."""

def load(path: str) -> list[list[str]]:
    """The pairs of a file; those that can be read where it is damaged, none where there is no file."""

def save(path: str, ssid: str, key: str) -> None:
    """Adds a network, or gives a known one its new password; HTTPException 507 where the flash is full."""
