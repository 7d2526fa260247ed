"""The command line: txst PHOTO... --style NAME, and the commands that have a name."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module

from txst.commands.old_names import new_options
from txst.model_folder.config import printable

NAMED = ("fetch", "serve", "styles")  # modules of txst.commands, like `paint`


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code: 0, or 1 where anything failed."""
    argv = list(sys.argv[1:] if argv is None else argv)
    warnings.formatwarning = lambda message, *_, **__: f"txst: {printable(str(message))}\n"
    name = argv.pop(0) if argv[:1] and argv[0] in NAMED else "paint"
    try:
        return import_module(f"txst.commands.{name}").run(new_options(argv))
    except ModuleNotFoundError as error:
        extra = "serve" if error.name == "gradio" else "train"
        reason = f"{error.name} is missing: pip install 'txst[{extra}]'" if error.name else str(error)
    except KeyboardInterrupt:
        reason = "stopped; the same command continues from here"
    except (ValueError, OSError) as error:
        reason = str(error)
    print(f"txst: {printable(reason)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
