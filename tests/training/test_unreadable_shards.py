import shutil
from pathlib import Path

import pytest

from txst.training.run import train


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("split", ["test", "train"])
def test_a_run_whose_shards_are_cut_ends_with_a_sentence(tiny, small_shards, tmp_path, split, workers):
    shutil.copytree(small_shards[0].partition("=")[2], tmp_path / "cut")
    for shard in Path(tmp_path, "cut").glob(f"{split}-*.tar"):
        shard.write_bytes(shard.read_bytes()[:700])
    with pytest.raises(SystemExit, match=rf"^train: [^\n]*{split}-000000\.tar is no whole shard [^\n]*$"):
        train(
            tiny(
                "encoder=pyramid",
                "loss_network=bank",
                "loss=[content,gram]",
                f"data.style={tmp_path}/cut",
                f"data.workers={workers}",
            )
        )
