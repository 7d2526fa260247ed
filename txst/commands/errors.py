"""The errors of commands: one that cannot be meant, and one that is not wanted any more."""


class UsageError(ValueError):
    """Something that was typed cannot be meant; the message says how to write it."""


class Stopped(Exception):
    """Nobody waits for the painting any more: the run was interrupted, or the client broke off."""
