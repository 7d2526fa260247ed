"""Puts the help of a command where a page of the documentation says `HELP module`; mkdocs calls it (see mkdocs.yml)."""

import os
import re
from importlib import import_module
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    os.environ["COLUMNS"] = "100"
    return re.sub(r"^HELP (\S+)$", lambda found: helped(found[1]), markdown, flags=re.MULTILINE)


def helped(module: str) -> str:
    """The help of a command, as a block of text."""
    folder = "service" if module == "serve" else "commands"
    return f"```text\n{import_module(f'txst.{folder}.{module}').parser().format_help().strip()}\n```"
