"""What Python says of a control, in the words of the command line."""

import re

GIVEN = re.compile(r"\((\w+)=([^()]*)\)")  # a control in parentheses, as in Python: (max_side=2000)
OPTIONS = {"regions": "region"}  # where the option's name is another
ELSEWHERE = {
    "(nearest=True)": "(--nearest; `txst styles` lists all styles; for any text: `txst fetch clip` and a model trained with "
    "CLIP, --model)",
    "(PIL.Image.MAX_IMAGE_PIXELS)": "(--max-pixels)",
}


def in_options(message: str) -> str:
    """The message with options in place of Python's arguments.

    >>> in_options("shrink it (max_side=2000)")
    'shrink it (--max-side 2000)'
    """
    for python, words in ELSEWHERE.items():
        message = message.replace(python, words)
    return GIVEN.sub(option, message)


def option(given: re.Match[str]) -> str:
    name, value = given.groups()
    words = ["--" + OPTIONS.get(name, name).replace("_", "-"), *([] if value in ("True", "...") else [value])]
    return f"({' '.join(words)})"
