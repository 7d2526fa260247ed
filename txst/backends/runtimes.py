"""What runs ONNX graphs: each opens a file and gives a function of arrays by name."""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Run = Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[np.float32]]]


def onnxruntime(file: Path, threads: int = 0, precision: str = "float32") -> Run:
    """By ONNX Runtime, on the CPU; 0 threads: one for each core. The graph says in what precision."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or allowed()
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest picture
    # threads that wait leave the cores to others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, dict(inputs)), strict=True))


def allowed() -> int:
    """The processors that this process may use, where they are not all; 0 else. More threads than these wait for each other."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return mine if mine < (os.cpu_count() or 1) else 0


def openvino(file: Path, threads: int = 0, precision: str = "float32") -> Run:
    """By OpenVINO, on the CPU; 0 threads: one for each core; in bf16, or float32 where the graph says nothing else."""
    hint = "bf16" if precision == "bf16" else "f32"
    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    model = openvino_core().compile_model(str(file), "CPU", options)
    names = [output.any_name for output in model.outputs]

    def run(inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        found = model.create_infer_request().infer(dict(inputs))  # a request of its own: it may run in any thread
        return {name: found[i].copy() for i, name in enumerate(names)}

    return run


@functools.cache
def openvino_core() -> Any:
    """One for the process: each sets the stack that signals run on, and of several the last to go leaves it at memory that is freed.

    The next signal, such as Ctrl-C or the end of a child, would then end the process (OpenVINO 2026.4).
    """
    return silent_openvino().Core()


def silent_openvino() -> Any:
    """OpenVINO without its module that reports each import to a server and leaves files in the home folder; nothing else turns that off."""
    name = "openvino_telemetry"
    hidden = name not in sys.modules
    if hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # it is as if it were not installed
    try:
        import openvino
    finally:
        if hidden:
            del sys.modules[name]
    return openvino


RUNTIMES = {"onnxruntime": onnxruntime, "openvino": openvino}
