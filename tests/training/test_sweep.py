import pytest
import torch

from txst.training import sweep

PAINTS = ["encoder=pyramid", "loss_network=bank", "transfer=conditional_norm", "style_width=16", "transfer.blocks=2"]


@pytest.mark.slow
def test_runs_differ_by_the_weight_alone_are_laid_side_by_side_and_are_made_once(
    tiny, config, small_shards, monkeypatch
):
    from small import TINY

    options = [*TINY, *small_shards, *PAINTS, "loss=[content,gram]", "lr=1e-2", "sweep.term=content"]
    cfg = config(*options, "sweep.weights=[0,10]", "sweep.cell=32", "sweep.pairs=2", "trainer.precision=auto",
                 program="sweep_weight")  # fmt: skip
    sheet, table = sweep.strip(cfg)
    assert sheet.size == (4 * 36, 5 + 2 * 36)  # photo, painting and two weights
    assert [line.split()[1] for line in table.splitlines()] == ["weight", "---", "0", "10"]
    weights = [sweep.averaged(torch.load(sweep.trained(own), weights_only=True)) for _, own in sweep.runs(cfg)]
    assert any(not a.equal(b) for a, b in zip(weights[0].values(), weights[1].values(), strict=True))
    monkeypatch.setattr(sweep, "train", lambda *_: pytest.fail("it is trained already"))
    again, same = sweep.strip(cfg)
    assert again.tobytes() == sheet.tobytes()
    assert same == table
    cfg.lr = 1e-3
    with pytest.raises(ValueError, match="a run with other settings"):
        sweep.strip(cfg)
    cfg.sweep.term = "tone"
    with pytest.raises(ValueError, match="the loss has content, gram"):
        sweep.strip(cfg)
