"""What a training of a comparison begins with in chance's place: a decoder as VGG's inverse, and attention or tokens that find something."""

from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import save

from txst.data.epoch import in_unit
from txst.data.split import digest
from txst.files.encode import write_whole
from txst.model_folder.config import WEIGHTS
from txst.training.attention_start import begin_with_matches
from txst.training.inverse import invert
from txst.training.token_start import begin_with_statistics

FITTED = (
    "txst.transfers.txst.TxST",
    "txst.transfers.sanet.SANet",
    "txst.transfers.adaattn.AdaAttN",
)  # that begin with more than chance
MIRRORS = ("txst.decoders.adain.Mirror", "txst.decoders.adaattn.SkipMirror")  # decoders that have VGG's shape
STYLES = 640  # paintings whose statistics tokens begin with


def fitted_start(cfg: DictConfig, own: DictConfig) -> str | None:
    """The folder of what `save_start` fits for a training, which those that want the same share; None for a decoder that is no mirror of VGG."""
    mirrors = own.model._target_.endswith(".Stylizer") and own.decoder._target_ in MIRRORS
    if not cfg.inverted or not (mirrors or is_aams(own)) or not own.encoder._target_.endswith(".VGG"):
        return None
    plain: Any = OmegaConf.to_container(own, resolve=True)
    seen = [plain["data"][name] for name in ("content", "style", "size", "resize", "batch_size")]
    fitted = [plain["transfer"], plain["clip"]] if fits_transfer(own) else []
    decoder = plain["model" if is_aams(own) else "decoder"]
    alike = digest(repr([plain["encoder"], decoder, *fitted, seen, cfg.seed, cfg.inverted]))
    return f"{cfg.run_dir}/inverse_{alike[:8]}"


def has_tokens(own: DictConfig) -> bool:
    return transfer_of(own) == "txst.transfers.txst.TxST"


def fits_transfer(own: DictConfig) -> bool:
    """Whether what is between encoder and decoder begins with more than chance, too."""
    return transfer_of(own) in FITTED


def transfer_of(own: DictConfig) -> str:
    """The class of what is between encoder and decoder; empty of a model that is no Stylizer."""
    return str(own.model.transfer._target_) if own.model._target_.endswith(".Stylizer") else ""


def is_aams(own: DictConfig) -> bool:
    """Whether the decoder is AAMS's own."""
    return bool(own.model._target_ == "txst.models.aams.AAMS")


def save_start(cfg: DictConfig, count: int) -> None:
    """Writes the decoder of a training as VGG's inverse over so many photos and paintings, for its `init`.

    A transfer that can is written as well: tokens begin with the statistics of STYLES paintings, or of as many as an epoch has,
    attention with what matches in these photos and paintings.
    """
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    model = instantiate(cfg.model, _convert_="all")
    wanted = max(count / 2, STYLES if has_tokens(cfg) else 0)
    data = instantiate(cfg.data, cache=None, _convert_="all").train_dataloader()
    batches = list(islice(map(in_unit, data), ceil(wanted / cfg.data.batch_size)))
    few = batches[: ceil(count / 2 / cfg.data.batch_size)]
    pictures = [x for batch in few for x in (batch["content"], batch.get("style")) if x is not None]
    invert(model.encoder, model.decoder, pictures, cfg.seed, getattr(model, "decode", None))
    parts = {"decoder": model.decoder} | ({"transfer": model.transfer} if fits_transfer(cfg) else {})
    if has_tokens(cfg):
        clip = instantiate(cfg.clip, _convert_="all").eval()
        styles = [(batch["style"], batch["prompt"]) for batch in batches]
        begin_with_statistics(model.transfer, model.encoder, clip, styles, seed=cfg.seed)
    elif fits_transfer(cfg):
        pairs = [(batch["content"], batch["style"]) for batch in few]
        begin_with_matches(model.transfer, model.encoder, pairs, cfg.seed)
    weights = {f"model.{part}.{name}": w for part, own in parts.items() for name, w in own.state_dict().items()}
    write_whole(Path(cfg.init, WEIGHTS), save(weights))
