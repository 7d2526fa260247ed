from functools import partial

import pytest
import torch
from safetensors.torch import save_file

from txst.encoders.inception import LAYERS, Inception

IMAGE = torch.rand(1, 3, 80, 96, generator=torch.Generator().manual_seed(0))


def test_agrees_with_torchvision_at_every_layer(monkeypatch, tmp_path):
    models = pytest.importorskip("torchvision.models.inception")
    monkeypatch.setattr(models.F, "avg_pool2d", partial(torch.nn.functional.avg_pool2d, count_include_pad=False))
    torch.manual_seed(0)
    reference = models.inception_v3(weights=None, init_weights=False, aux_logits=False, transform_input=False).eval()
    folded, maps = {}, {}
    for name, module in reference.named_modules():
        if isinstance(module, models.BasicConv2d):
            module.bn.running_var.uniform_(0.05, 0.2)
            gain = module.bn.weight / (module.bn.running_var + module.bn.eps).sqrt()
            folded[f"{name}.weight"] = (module.conv.weight * gain[:, None, None, None]).detach()
            folded[f"{name}.bias"] = (module.bn.bias - module.bn.running_mean * gain).detach()
    for name in LAYERS:
        getattr(reference, name).register_forward_hook(lambda _, __, x, name=name: maps.update({name: x}))
    save_file(folded, tmp_path / "inception.safetensors")
    with torch.no_grad():
        reference(2 * IMAGE - 1)
    inception = Inception(weights=tmp_path / "inception.safetensors")
    for name, x in inception(IMAGE).items():
        torch.testing.assert_close(x, maps[name], rtol=1e-3, atol=1e-4 * maps[name].abs().max().item())
        assert x.shape[1] == inception.widths[name]


def test_half_precision_files_are_read_in_float32(tmp_path):
    half = {name: w.half() for name, w in Inception(["Conv2d_2b_3x3"]).state_dict().items()}
    save_file(half, tmp_path / "half.safetensors")
    inception = Inception(["Conv2d_2b_3x3"], weights=tmp_path / "half.safetensors").train()
    assert inception(IMAGE)["Conv2d_2b_3x3"].dtype == torch.float32
    assert not inception.training
    assert not any(p.requires_grad for p in inception.parameters())


def test_unknown_layers_are_told():
    with pytest.raises(ValueError, match="no layer 'Mixed_7a'"):
        Inception(["Mixed_7a"])
