from functools import partial

import pytest
import torch
import torch.nn.functional as F
from small import write_classifier

from txst.types import LossInputs, View

WIDTH = 8  # of the embeddings


class Networks:
    """A loss network and an embedder from fixed random weights, smooth, in any dtype."""

    def __init__(self, dtype):
        draw = torch.Generator().manual_seed(0)
        self.shallow = torch.randn(4, 3, 3, 3, generator=draw).to(dtype)
        self.deep = torch.randn(6, 4, 3, 3, generator=draw).to(dtype)
        self.project = torch.randn(WIDTH, 3 * 4 * 4, generator=draw).to(dtype)

    def features(self, image):
        shallow = F.conv2d(image, self.shallow, stride=2).tanh() + 1
        return {"shallow": shallow, "deep": F.conv2d(shallow, self.deep, stride=2).tanh() + 1}

    def embed(self, image):
        pooled = F.adaptive_avg_pool2d(image - 0.5, 4).flatten(1)
        return F.normalize((pooled[:, None] * self.project).sum(-1), dim=-1)

    def view(self, image):
        return View(image, extract=self.features, embed=self.embed)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def classifier(tmp_path_factory):
    """A classifier of three artists with random weights, on the loss network's features."""
    torch.manual_seed(0)
    return write_classifier(tmp_path_factory.mktemp("classifier"), 2 * (4 + 6))


@pytest.fixture
def make_inputs():
    """Gives complete inputs of two samples around an output image (a random one if None)."""

    def make(output=None, size=64, dtype=torch.float32):
        networks, draw = Networks(dtype), torch.Generator().manual_seed(1)
        content, style, other = (torch.rand(2, 3, size, size, generator=draw).to(dtype) for _ in range(3))
        output = other if output is None else output
        names = F.normalize(torch.randn(3, WIDTH, generator=draw).to(dtype), dim=-1)
        found = {
            "text": names[:2],
            "photo": names[2:],
            "embed": networks.embed,
            "repaint": lambda image: image.sin(),
            "teacher": networks.view(content.flip(-2)),
            "restyled_content": networks.view(0.9 * output),
            "restyled_style": networks.view(output.flip(-1)),
        }
        views = map(networks.view, (content, style, output))
        return LossInputs(
            *views,
            torch.tensor([0, 1]),
            "another",
            {"attention": output.mean(1, keepdim=True) - 0.3},
            sources={name: partial(lambda x: x, x) for name, x in found.items()},
        )

    return make
