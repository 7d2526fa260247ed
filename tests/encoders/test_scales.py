import torch
import torch.nn.functional as F

from txst.encoders.scales import Scales
from txst.encoders.squeezenet import SqueezeNet


def test_each_copy_is_seen_as_a_picture_of_its_size():
    network, image = SqueezeNet(["conv1", "fire4"]), torch.rand(2, 3, 96, 128)
    seen = Scales(network, [2])(image)
    assert list(seen) == ["conv1", "fire4", "conv1@2", "fire4@2"]
    for name, x in network(F.avg_pool2d(image, 2)).items():
        assert seen[f"{name}@2"].equal(x)
        assert seen[name].shape != x.shape
