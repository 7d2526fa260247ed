"""Limits on what a config from anybody may build: as many parts as the weights beside it can fill, and no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from torch import Tensor
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

from txst.model_folder.config import ModelFolderError

PARTS_PER_TENSOR = (
    10  # modules, weights and buffers that a network of ours has for each tensor of its file; 3 are usual
)
PARTS = 200  # that it may have beside these


@contextmanager
def few_parts(tensors: int, name: str, numbers: int | None = None) -> Iterator[None]:
    """Ends with an error where this thread builds more than the weights can fill, before the memory is full.

    Args:
        tensors: in the file of weights.
        name: of what is built, for the message.
        numbers: in all these tensors; None where nothing takes memory, on the device meta.
    """
    most, mine, parts, size = PARTS_PER_TENSOR * tensors + PARTS, get_ident(), 0, 0

    def count(module: Any, part: str, made: Any) -> None:
        nonlocal parts, size
        if get_ident() != mine:
            return
        parts += 1
        size += made.numel() if isinstance(made, Tensor) else 0
        if parts > most or (numbers is not None and size > numbers):
            raise ModelFolderError(f"{name} would be larger than its weights: they have {tensors} tensors")

    registers = (
        register_module_parameter_registration_hook,
        register_module_buffer_registration_hook,
        register_module_module_registration_hook,
    )
    hooks = [register(count) for register in registers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
