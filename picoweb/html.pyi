def escape(s: str) -> str:
    """Return `s` as HTML text, which is also safe between quotes."""
