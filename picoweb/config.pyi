"""Settings by name, from .env files, JSON and the environment."""

from collections.abc import Mapping
from typing import Any

def cast(text: str) -> bool | int | float | str:
    """Return true/yes, false/no (in any case) as a bool, digits as a number, else the text."""

class Config:
    """Settings, whose names are in capitals; the later call wins. Its repr() has no values: some are secret."""

    settings: dict[str, Any]

    def __init__(self, **settings: Any) -> None: ...
    def update(self, settings: Mapping[str, Any]) -> None:
        """Take a dict of settings."""

    def set(self, name: str, value: Any) -> None:
        """Set one."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting, or `default`."""

    def __getitem__(self, name: str) -> Any: ...
    def __setitem__(self, name: str, value: Any) -> None: ...
    def __contains__(self, name: str) -> bool: ...
    def all(self) -> dict[str, Any]:
        """Return a copy of all, secrets too."""

    def from_env_file(self, path: str = ".env") -> None:
        """Take lines of NAME=value; a missing file is none. What is in quotes stays a str."""

    def from_json(self, path: str) -> None:
        """Take the object of a JSON file; OSError, or ValueError if it is none."""

    def load_env(self, prefix: str = "PICOWEB_") -> None:
        """Take what the environment has, its names after `prefix`; on MicroPython of the names that are known."""
