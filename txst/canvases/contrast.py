"""The contrast that published pictures of CLIPstyler have, beyond what was optimised."""

from torch import Tensor

from txst.layers.tone import lightness


def stretched(image: Tensor, contrast: float = 1.5) -> Tensor:
    """More contrast, and then the darkest and the brightest of each image's numbers at 0 and 1.

    Kwon and Ye, 2022 (CLIPstyler), https://arxiv.org/abs/2112.00374: so its code saves pictures; no loss has seen it.

    Args:
        image: [B, 3, H, W] in [0, 1].
        contrast: times as far from the mean of the grey image.
    """
    mean = lightness(image).mean((1, 2, 3), keepdim=True)
    image = (mean + contrast * (image - mean)).clamp(0, 1)
    low, high = image.amin((1, 2, 3), keepdim=True), image.amax((1, 2, 3), keepdim=True)
    return (image - low) / (high - low).clamp_min(1e-5)
