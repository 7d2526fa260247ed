from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg
import torch
from pairs_of_pictures import random_pairs
from torchmetrics.image.fid import FrechetInceptionDistance

from txst.encoders.bank import FilterBank
from txst.metrics.artfid import ArtFID
from txst.metrics.fid import FID, Pooled, frechet
from txst.metrics.lpips import LPIPS

MANY = 60  # more than the 31 channels


@pytest.fixture(scope="module")
def bank():
    return FilterBank()


def by_scipy(real, fake):
    means, covs = [x.mean(0) for x in (real, fake)], [np.cov(x, rowvar=False) for x in (real, fake)]
    cross = scipy.linalg.sqrtm(covs[0] @ covs[1]).real
    return np.square(means[0] - means[1]).sum() + np.trace(covs[0] + covs[1] - 2 * cross)


def test_agrees_with_scipy_and_with_torchmetrics(bank):
    metric, pooled, pairs = FID(bank), Pooled(bank), random_pairs(MANY, 0)
    pairs.output.mul_(0.7)
    for half in (slice(0, 20), slice(20, None)):
        metric.update(replace(pairs, output=pairs.output[half], style=pairs.style[half]))
    real, fake = pooled(pairs.style).double().numpy(), pooled(pairs.output).double().numpy()
    assert metric.compute().item() == pytest.approx(by_scipy(real, fake), rel=1e-4)
    theirs = FrechetInceptionDistance(feature=pooled)
    theirs.update(pairs.style, real=True)
    theirs.update(pairs.output, real=False)
    torch.testing.assert_close(metric.compute(), theirs.compute(), rtol=1e-4, atol=1e-6)


def test_with_commuting_covariances_it_is_the_distance_of_means_and_deviations():
    mean, other = torch.tensor([[1.0, 2, 3], [0, 0, 5]]).double()
    deviations = torch.tensor([[1.0, 0, 2], [3, 0, 2]]).double()
    found = frechet(mean, deviations[0].square().diag(), other, deviations[1].square().diag())
    assert found.item() == pytest.approx((1 + 4 + 4) + (4 + 0 + 0))


def test_a_set_is_at_no_distance_from_itself_however_few_there_are(bank):
    metric, pairs = FID(bank), random_pairs(4, 0)
    metric.update(replace(pairs, output=pairs.style.flip(0)))
    assert metric.compute().item() == pytest.approx(0, abs=1e-6)


def test_one_picture_is_no_set(bank):
    metric = FID(bank)
    metric.update(random_pairs(1, 0))
    with pytest.raises(RuntimeError, match="two pictures"):
        metric.compute()


def test_artfid_is_the_product(bank):
    lpips, fid = LPIPS(bank, ["bank1"], heads=False), FID(bank)
    metric = ArtFID(LPIPS(bank, ["bank1"], heads=False), FID(bank))
    for one in (lpips, fid, metric):
        one.update(random_pairs(4, 0))
    torch.testing.assert_close(metric.compute(), (1 + lpips.compute()) * (1 + fid.compute()))
