"""HTML escaping."""


def escape(s):
    """Return `s` as HTML text, which is also safe between quotes."""
    for char in "&<>\"'":  # & first: the others' entities have one
        if char in s:
            s = s.replace(char, "&#%d;" % ord(char))
    return s
