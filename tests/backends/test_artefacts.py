"""What the bundled model's decoder adds of its own where the photo has nothing."""

import numpy as np
import pytest

from txst import Stylist


@pytest.fixture(scope="module")
def stylist():
    return Stylist.from_pretrained("small")


@pytest.mark.parametrize("style", ["claude monet", "vincent van gogh", "albrecht durer", "titian", "cubism"])
def test_the_grid_on_flat_grey_is_too_faint_to_be_seen(stylist, style):
    grey = np.full((1, 3, 128, 128), 0.5, np.float32)
    painted = stylist.painter.paint(grey, stylist.styles.encode(style))[0]
    middle = painted[:, 32:96, 32:96]  # away from the borders
    waves = np.abs(np.fft.fft2(middle - middle.mean((1, 2), keepdims=True))) / middle[0].size
    assert waves.max() < 10 / 255  # the strongest of all frequencies
    assert np.abs(painted - middle.mean((1, 2), keepdims=True)).max() < 0.15  # up to the borders
