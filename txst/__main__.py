"""The command line: txst PHOTO... --style NAME, and the commands that have a name."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from txst.commands.old_names import new_options
from txst.commands.wording import in_options
from txst.pictures.limits import PictureWarning

NAMED = ("fetch", "serve", "styles")  # modules of txst.commands, like `paint`


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code: 0, or 1 where anything failed."""
    argv = list(sys.argv[1:] if argv is None else argv)
    name = argv.pop(0) if argv[:1] and argv[0] in NAMED else "paint"
    try:
        with warnings_in_a_line():
            return import_module(f"txst.commands.{name}").run(new_options(argv))
    except ModuleNotFoundError as error:
        extra = "serve" if error.name == "gradio" else "train"
        reason = f"{error.name} is missing: pip install 'txst[{extra}]'" if error.name else str(error)
    except KeyboardInterrupt:
        reason = "stopped; the same command continues from here"
    except (ValueError, OSError) as error:
        reason = in_options(str(error))
    print(f"txst: {reason}", file=sys.stderr)
    return 1


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Prints what is to be said of a picture as errors are printed, without the line of code that says it."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if issubclass(category, PictureWarning):
                print(f"txst: {message}", file=sys.stderr)
            else:
                show(message, category, *where)

        warnings.showwarning = tell  # type: ignore[assignment]
        yield


if __name__ == "__main__":
    sys.exit(main())
