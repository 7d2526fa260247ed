"""The error of a command that cannot be meant."""


class UsageError(ValueError):
    """Something that was typed cannot be meant; the message says how to write it."""
