"""The error of a command that cannot be meant, and lines that are safe to print."""


class UsageError(ValueError):
    """Something that was typed cannot be meant; the message says how to write it."""


def printable(text: str) -> str:
    """The text without what could steer a terminal, or could not be printed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
