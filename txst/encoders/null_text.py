"""What stands in CLIP's place where a model paints after pictures alone."""

from collections.abc import Sequence

from torch import Tensor, nn


class NullTextEncoder(nn.Module):
    """Embeds any picture in no numbers at all, and no text."""

    bundled = False
    width = 0
    reads_text = False

    def forward(self, image: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, 0]."""
        return image.new_zeros(len(image), 0)

    def text(self, prompts: Sequence[str]) -> Tensor:
        raise ValueError(f"this model paints after pictures and reads no words such as {prompts[0]!r}")
