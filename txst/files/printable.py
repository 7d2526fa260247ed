"""What strangers wrote, fit for a terminal."""


def printable(text: str, lines: bool = True) -> str:
    r"""The text, its control characters in the way of Python: what a stranger wrote may move the cursor, or ring.

    >>> printable("\x1b[31mred")
    '\\x1b[31mred'

    Args:
        text: of any kind.
        lines: whether a line may end within it.
    """
    return "".join(c if c.isprintable() or (lines and c == "\n") else repr(c)[1:-1] for c in text)
