import json
import shutil

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from txst.layers.artist_classifier import FACTS, WEIGHTS
from txst.layers.ops import statistics
from txst.losses.recognised import RecognisedLoss
from txst.metrics.artist import ArtistHead


def test_is_the_cross_entropy_of_those_it_knows(make_inputs, classifier):
    inputs, loss = make_inputs(), RecognisedLoss(classifier)
    weights = load_file(classifier / WEIGHTS)
    head = ArtistHead(20, ["claude monet", "paul signac", "titian"])
    head.load_state_dict(weights)
    logits = head(statistics(inputs.output.features))
    inputs.artist = torch.tensor([4, 1])
    torch.testing.assert_close(loss(inputs), F.cross_entropy(logits, torch.tensor([0, 1])))
    inputs.artist = torch.tensor([7, 0])  # nobody has the number 7
    torch.testing.assert_close(loss(inputs), F.cross_entropy(logits[1:], torch.tensor([2])))


def test_where_it_knows_nobody_there_is_nothing_to_learn(make_inputs, classifier):
    inputs = make_inputs(torch.rand(2, 3, 64, 64, requires_grad=True))
    inputs.artist = torch.tensor([7, 8])
    loss = RecognisedLoss(classifier)(inputs)
    loss.backward()
    assert loss == 0
    assert not inputs.output.image.grad.any()


def test_a_classifier_of_other_layers_is_refused(make_inputs, classifier, tmp_path):
    shutil.copy(classifier / FACTS, tmp_path)
    weights = load_file(classifier / WEIGHTS)
    weights |= {"mean": torch.zeros(6), "scale": torch.ones(6), "linear.weight": torch.zeros(3, 6)}
    save_file(weights, tmp_path / WEIGHTS)
    assert json.loads((tmp_path / FACTS).read_text())["ids"] == [4, 1, 0]
    with pytest.raises(ValueError, match="classifier of 6 statistics and the loss network gives 20"):
        RecognisedLoss(tmp_path)(make_inputs())


def test_a_classifier_of_another_network_with_as_many_channels_is_refused(make_inputs, classifier):
    inputs = make_inputs()
    inputs.network = "SqueezeNet (other.pth)"
    with pytest.raises(ValueError, match=r"was trained on another, and the loss network is SqueezeNet \(other\.pth\)"):
        RecognisedLoss(classifier)(inputs)
