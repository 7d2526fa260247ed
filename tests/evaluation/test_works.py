import pytest

from txst.encoders.bank import FilterBank
from txst.evaluation.works import measure_works
from txst.metrics.nearest_gram import NearestGram
from txst.metrics.style import StyleDistance


def test_works_of_all_splits_are_measured_and_no_more_than_asked_for(shards, tmp_path):
    bank = FilterBank()
    facts = measure_works(str(shards), bank, bank.layers, tmp_path, most=3, fewest=4, size=48)
    assert list(facts["artists"]) == [f"artist {n}" for n in range(6)]
    assert [end - first for first, end in facts["artists"].values()] == [3] * 6
    assert NearestGram(bank, tmp_path).unit == StyleDistance(bank, bank.layers, "gram").unit
    with pytest.raises(ValueError, match=r"no artist in .* has 5 works"):
        measure_works(str(shards), bank, bank.layers, tmp_path, fewest=5)
