"""What SANet takes of a large picture, in a process of its own."""

import os
import subprocess
import sys

import pytest
from small import CONF

MOST = 2048  # MiB, of the whole process; getrusage would count what began it, too
CODE = f"""
import pathlib, torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from txst.types import Style
with initialize_config_dir({str(CONF)!r}, version_base="1.3"):
    cfg = compose("train", ["+experiment=sanet", "encoder.weights=null", "name=x", "run_dir=x"])
model = instantiate(cfg.model, _convert_="all").eval().to(memory_format=torch.channels_last)
with torch.inference_mode():
    prepared = model.prepare_style(Style(image=torch.rand(1, 3, 256, 256)))
    painting = model(torch.rand(1, 3, 1024, 1024), prepared).image
assert painting.shape == (1, 3, 1024, 1024) and painting.isfinite().all()
print(int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 2**10)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's figures")
def test_1024_pixels_fit_in_2_gb():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < MOST
