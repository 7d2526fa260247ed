"""The bench of the loader counts pictures, and names what takes the time."""

from txst.benchmarks.loader import measure, rate, table
from txst.data.module import Paintings


def test_a_rate_is_of_pictures_and_leaves_the_first_out():
    now = iter([10.0, 12.0])
    assert rate(lambda: iter(range(100)), 30, 10, lambda: next(now)) == 15  # 3 batches of 10 pictures in 2 seconds


def test_loading_is_measured_beside_reading_and_the_dearest_function_is_named(shards):
    data = Paintings(str(shards), str(shards), 24, 32, 2, workers=0, val_batches=0)
    rates = measure(data, rounds=2, pictures=20)
    assert len(rates.tar) == len(rates.alone) == len(rates.loader) == 2
    assert all(tar > alone > 0 for tar, alone in zip(rates.tar, rates.alone, strict=True))
    shares = [share for _, share in rates.costs]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) < 1
    assert rates.costs[0][0] in table(rates, 0)
