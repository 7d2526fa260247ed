"""The command line: txst PHOTO... --style NAME, and the commands that have a name."""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from txst.commands.errors import UsageError
from txst.commands.old_names import new_options
from txst.commands.wording import in_options
from txst.files.printable import printable
from txst.pictures.limits import PictureWarning

NAMED = ("fetch", "serve", "show", "styles")  # modules of txst.commands, like `paint`; serve is one of txst.service
SERVICE = dict.fromkeys(("fastapi", "starlette", "uvicorn", "prometheus_client"), "service")
EXTRAS = {"gradio": "serve", "av": "video", "cv2": "video"} | SERVICE  # that bring a module; train brings all others
FAILED, USAGE, INTERRUPTED = 1, 2, 130  # exit codes


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code: 0, 1 where anything failed, 2 where the command is wrong, 130 after Ctrl-C."""
    argv = list(sys.argv[1:] if argv is None else argv)
    name = argv.pop(0) if argv[:1] and argv[0] in NAMED else "paint"
    code = FAILED
    try:
        try:
            with warnings_in_a_line():
                folder = "service" if name == "serve" else "commands"
                return import_module(f"txst.{folder}.{name}").run(new_options(argv))
        finally:
            sys.stdout.flush()  # so that a closed pipe is noticed here, after --help too
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "", "train")
        reason = f"{error.name} is missing: pip install 'txst[{extra}]'" if error.name else str(error)
    except KeyboardInterrupt:
        code, reason = INTERRUPTED, "stopped; the same command continues from here"
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is written when Python ends
        return FAILED
    except UsageError as error:
        code, reason = USAGE, str(error)
    except (ValueError, OSError) as error:
        reason = in_options(str(error))
    print(printable(f"txst: {reason}"), file=sys.stderr)
    return code


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Prints warnings as errors are printed, without the line of code that gives them; those of pictures in any case."""
    usual = warnings.formatwarning
    with warnings.catch_warnings():
        show = warnings.showwarning
        warnings.formatwarning = lambda message, *_, **__: f"txst: {printable(str(message))}\n"

        def tell(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if issubclass(category, PictureWarning):
                print(printable(f"txst: {in_options(str(message))}"), file=sys.stderr)
            else:
                show(message, category, *where)

        warnings.showwarning = tell  # type: ignore[assignment]
        try:
            yield
        finally:
            warnings.formatwarning = usual


if __name__ == "__main__":
    sys.exit(main())
