"""Move the picture in CLIP's space the way that the words move."""

from torch import Tensor, nn

from txst.layers.ops import step_cosine
from txst.types import LossInputs


class ClipDirectional(nn.Module):
    """One minus the cosine between the step from content to output and the step from "a photo" to the style's name.

    Gal et al., 2021 (StyleGAN-NADA), https://arxiv.org/abs/2108.00946, the directional loss; as the global loss of
    Kwon and Ye, 2022 (CLIPstyler), https://arxiv.org/abs/2112.00374.
    """

    def forward(self, inputs: LossInputs) -> Tensor:
        return direction_distance(inputs.output.embedding, inputs.content.embedding, inputs).mean()


def direction_distance(output: Tensor, content: Tensor, inputs: LossInputs) -> Tensor:
    """One minus the cosine of the two steps, per picture.

    Args:
        output: [N, D], unit length; N is a multiple of the batch, a sample's pictures together.
        content: [N, D], unit length.
        inputs: for the text and the words "a photo".

    Returns:
        [N], in [0, 2]; 1 where output and content are one.
    """
    words = inputs.text.repeat_interleave(len(output) // len(inputs.text), dim=0)  # [N, D]
    return 1 - step_cosine(output, content, words, inputs.photo)
