"""Names that txst 0.1 had for options and config overrides. They are accepted for one version, with a warning that tells the new name."""

import re
import sys
from collections.abc import Mapping, Sequence

OPTIONS = {
    "--anyway": "--nearest",
    "--steady": "--reference-frame",
    "--critic": "--artist-classifier",
}  # fmt: skip
OVERRIDES = {
    "judge": "loss_network",
    "transfer.eye": "transfer.feature_extractor",
    "transfer=brush": "transfer=conditional_norm",
    "decoder=paints": "decoder=paint_mix",
    "validation=judges": "validation=metrics",
    "network.artist_head": "network.artist_classifier",
    "pairs.judge": "pairs.artist_classifier",
    "metric.artist.head": "metric.artist.classifier",
    "metric.artist_top5.head": "metric.artist_top5.classifier",
    "task.judge": "task.loss_network",
    "callbacks.often": "callbacks.periodic_checkpoint",
    "callbacks.guard": "callbacks.skip_bad_steps",
    "callbacks.fade": "callbacks.anneal_loss_weight",
    "callbacks.judges": "callbacks.metrics",
}
USELESS = {"transfer.needs_picture": "what a model is given follows from its transfer and its palette"}


def new_options(argv: Sequence[str]) -> list[str]:
    """The same command line with today's options.

    >>> new_options(["photo.jpg", "--steady=frame.png"])
    ['photo.jpg', '--reference-frame=frame.png']
    """
    return [renamed(argument, OPTIONS) for argument in argv]


def new_overrides(argv: Sequence[str]) -> list[str]:
    """The same overrides of a config with today's names.

    >>> new_overrides(["transfer=brush", "judge.weights=FILE", "+validation=judges"])
    ['transfer=conditional_norm', 'loss_network.weights=FILE', '+validation=metrics']
    """
    return [renamed(argument, OVERRIDES) for argument in argv if not is_useless(argument)]


def is_useless(argument: str) -> bool:
    """Whether an override has no use any more; a warning on stderr if so."""
    name = argument.lstrip("+~").partition("=")[0]
    if name in USELESS:
        print(f"txst: {name} has no use any more: {USELESS[name]}", file=sys.stderr)
    return name in USELESS


def renamed(argument: str, names: Mapping[str, str]) -> str:
    """An argument under its new name; a warning on stderr if it had an old one."""
    for old, new in names.items():
        if found := re.match(rf"([+~]*){re.escape(old)}(?![\w-])", argument):
            print(f"txst: {old} is called {new} now; the next version drops the old name", file=sys.stderr)
            return found[1] + new + argument[found.end() :]
    return argument
