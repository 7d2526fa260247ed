import subprocess
import sys

import pytest
from small import CONF

SIGNALLED = """
import faulthandler, signal, sys
from pathlib import Path
from txst.backends.runtimes import openvino
faulthandler.enable()
for _ in range(2):
    first, second = openvino(Path(sys.argv[1])), openvino(Path(sys.argv[1]))
    del first, second
signal.signal(signal.SIGINT, lambda *_: print("heard"))
signal.raise_signal(signal.SIGINT)
"""


def test_after_several_graphs_of_openvino_a_signal_is_heard():
    pytest.importorskip("openvino")
    command = [sys.executable, "-c", SIGNALLED, str(CONF.parent / "txst" / "weights" / "small" / "look.onnx")]
    assert subprocess.run(command, check=False, capture_output=True, text=True).stdout == "heard\n"
