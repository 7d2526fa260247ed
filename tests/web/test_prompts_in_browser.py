"""The prompt reader of the page, held against Python's."""

import csv
from pathlib import Path

import numpy as np
import pytest

from txst import Stylist
from txst.palette import prompt

pytestmark = pytest.mark.slow
REQUEST = {"style": "", "second": "", "share": 0.5, "variation": 0, "strength": 1, "stroke": 1, "nearest": False}


def test_prompts_are_read_as_python_reads_them(page, monkeypatch):
    """But for the meaning of words that no table has, which the page does not guess at."""
    monkeypatch.setattr(prompt, "meant", lambda text, lexicon: None)
    with Path("tests/data/prompts.csv").open(encoding="utf-8", newline="") as lines:
        prompts = [row["prompt"] for row in csv.DictReader(lines)]
    palette = Stylist.from_pretrained("small").painter.palette
    found = page.evaluate(
        "([asked, prompts]) => Promise.all(prompts.map(style => txst.call('describe', {...asked, style})))",
        [REQUEST, prompts],
    )
    assert found == [palette.describe(text) for text in prompts]
    readable = [text for text in prompts if palette.read(text).parts and not palette.read(text).refused][::4]
    codes = page.evaluate(
        "([asked, prompts]) => Promise.all(prompts.map(style => txst.call('code', {...asked, style})))",
        [REQUEST, readable],
    )
    assert len(readable) > 50
    np.testing.assert_allclose(codes, [palette.text(text) for text in readable], atol=1e-3)
