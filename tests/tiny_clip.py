"""A CLIP of two layers whose weights are a formula, as a folder."""

import json

CONFIG = {
    "model_cfg": {
        "embed_dim": 8,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 16, "head_width": 8, "patch_size": 16},
        "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
    },
    "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bicubic"},
}


def formula(shape, phase):
    """Numbers in [-1, 1] that are the same on every machine and in every version."""
    import torch

    count = torch.Size(shape).numel()
    return torch.sin(torch.arange(count, dtype=torch.float64) * 1.7 + phase).reshape(shape).float()


def write_clip(folder):
    """Writes it, for `CLIP(f"local-dir:{folder}")`."""
    import open_clip
    from safetensors.torch import save_file

    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG))
    state = open_clip.CLIP(**CONFIG["model_cfg"]).state_dict()
    weights = {name: 0.3 * formula(w.shape, phase) for phase, (name, w) in enumerate(sorted(state.items()))}
    weights |= {name: 1 + weights[name] for name in weights if ".ln_" in f".{name}" and name.endswith("weight")}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder
