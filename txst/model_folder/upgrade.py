"""What txst 0.1 wrote, in today's words: classes, arguments and weights that have another name since. No file is changed."""

from typing import Any, TypeVar

T = TypeVar("T")

TARGETS = {
    "txst.encoders.palette.Palette": "txst.palette.module.Palette",
    "txst.encoders.words.Words": "txst.palette.text_encoder.TextEncoder",
    "txst.encoders.wordless.Wordless": "txst.encoders.null_text.NullTextEncoder",
    "txst.transfers.brush.Brush": "txst.transfers.conditional_norm.ConditionalNormTransfer",
    "txst.decoders.paints.Paints": "txst.decoders.paint_mix.PaintMixDecoder",
}
ARGUMENTS = {  # class -> argument -> its name now, or None where it is gone
    "txst.transfers.conditional_norm.ConditionalNormTransfer": {"eye": "feature_extractor", "needs_picture": None}
}
STAGE = {"judge": "loss_network"}  # of a stage of training
WEIGHTS = {  # beginning of a weight's name -> now
    "model.transfer.usual.": "model.transfer.standardize.",
    "model.transfer.eye.": "model.transfer.feature_extractor.",
    "clip.merit": "clip.score",
}


def upgrade_config(config: Any) -> Any:
    """The same config, of a model folder or of a part of one, in today's words."""
    if isinstance(config, list):
        return [upgrade_config(part) for part in config]
    if not isinstance(config, dict):
        return config
    target = config.get("_target_")
    now = TARGETS.get(target, target) if isinstance(target, str) else target
    renamed: dict[Any, Any] = ARGUMENTS.get(now, {}) if isinstance(now, str) else STAGE if "losses" in config else {}
    upgraded = {}
    for name, value in config.items():
        name = renamed.get(name, name)
        if name is not None:
            upgraded[name] = now if name == "_target_" else upgrade_config(value)
    return upgraded


def upgrade_weights(weights: dict[str, T]) -> dict[str, T]:
    """Tensors, or whatever is kept of them, under the names that they have today.

    Raises:
        ValueError: a weight is there under both names.
    """
    upgraded = {}
    for name, value in weights.items():
        begin = next((b for b in WEIGHTS if name.startswith(b)), "")
        now = WEIGHTS[begin] + name.removeprefix(begin) if begin else name
        if now in upgraded or (now != name and now in weights):
            raise ValueError(f"the weight {now} is there twice, once as {name}")
        upgraded[now] = value
    return upgraded
