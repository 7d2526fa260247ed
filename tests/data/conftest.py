import pytest
from drawn import paint

from txst.data.layouts import find
from txst.data.shards import make_shards


@pytest.fixture
def paintings(tmp_path):
    """Six artists with four works each."""
    return paint(tmp_path / "paintings")


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """Shards of those paintings, several to a split."""
    folder = tmp_path_factory.mktemp("shards")
    make_shards(find("wikiart", paint(folder / "paintings")), folder / "shards", test=0.25, per_shard=10)
    return folder / "shards"
