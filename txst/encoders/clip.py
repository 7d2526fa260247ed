"""CLIP (Radford et al., 2021, https://arxiv.org/abs/2103.00020): pictures and texts in one space, through open_clip."""

import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

from safetensors import SafetensorError

from txst.data.names import read_templates
from txst.model_folder.config import ModelFolderError, places
from txst.model_folder.size_limits import few_parts

try:
    import open_clip
    import torch
    import torch.nn.functional as F
    from huggingface_hub import constants
    from open_clip.pretrained import download_pretrained_from_hf
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from torch import Tensor, nn

    from txst.encoders.frozen_vit import lighten
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"CLIP comes with open_clip ({error}): pip install 'txst[clip]'") from error

NAME, PRETRAINED = "ViT-B-32-quickgelu", "openai"
MOST_TENSORS = 5_000  # of a CLIP; ViT-bigG-14 has 974


class CLIP(nn.Module):
    """A frozen CLIP that owns its weights, tokenizer and preprocessing, all from one configuration.

    Its weights are no part of this module's state: no checkpoint, exported model or optimiser ever holds them.

    Args:
        name: an open_clip model, `hf-hub:OWNER/NAME` or `local-dir:FOLDER`.
        pretrained: the weights of an open_clip model: a tag or a file. The other two kinds bring their own. None leaves
            random weights, as in the other encoders.
        templates: a set of `templates.yaml`, or a list of texts with `{}` for the prompt.
        normalise: give vectors of unit length. Only published TxST checkpoints want them raw.
    """

    bundled = False  # a model names its CLIP and does not carry it
    reads_text = True

    def __init__(
        self,
        name: str = NAME,
        pretrained: str | None = PRETRAINED,
        templates: str | Sequence[str] = "art",
        normalise: bool = True,
    ) -> None:
        super().__init__()
        own = ":" in name
        if own:
            pretrained = None
        self.templates = read_templates(templates) if isinstance(templates, str) else list(templates)
        if bad := [t for t in self.templates if "{}" not in t]:
            raise ValueError(f"the template {bad[0]!r} has no {{}} to put the prompt in")
        self.normalise = normalise
        self.texts: dict[str, Tensor] = {}  # prompt -> embedding, for these weights and templates

        check_activation(name, pretrained)
        random = pretrained is None and not own
        with offline():
            try:
                weights = None if random else locate(name, pretrained)
            except (OSError, RuntimeError) as error:
                raise FileNotFoundError(
                    f"the weights of CLIP {name} are not on this machine: "
                    f"run `{fetch_command(name, pretrained)}` once where there is a network"
                ) from error
            try:
                with limits(weights, name) if weights else nullcontext():
                    tower = open_clip.create_model(name, pretrained=pretrained, require_pretrained=not random)
            except (RuntimeError, pickle.UnpicklingError, SafetensorError, ModelFolderError) as error:
                raise ValueError(
                    f"{pretrained or name} does not hold the weights of CLIP {name}: it is damaged, or of another model"
                ) from error
            self.tokenizer = open_clip.get_tokenizer(name)
            self.width: int = open_clip.get_model_config(name)["embed_dim"]
        tower.requires_grad_(False).eval()
        lighten(tower.visual)
        object.__setattr__(self, "tower", tower)  # past nn.Module, which would make it part of the state
        self.origin = f"{name} {pretrained or ''}".strip()
        self.preprocess = preprocessing(open_clip.get_model_preprocess_cfg(tower))

    tower: Any

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "CLIP":
        self.tower._apply(fn, recurse)
        self.texts.clear()
        return super()._apply(fn, recurse)

    def forward(self, image: Tensor) -> Tensor:
        """Embeds pictures; the gradient reaches their pixels.

        Args:
            image: [B, 3, H, W] in [0, 1]; resized and cropped as these weights were trained.

        Returns:
            [B, D].
        """
        return self._finish(self.tower.encode_image(self.preprocess(image)))

    def text(self, prompts: Sequence[str]) -> Tensor:
        """Embeds texts [B, D], each as the mean over the templates; each is computed once."""
        for prompt in prompts:
            if prompt not in self.texts:
                self.texts[prompt] = self._embed(prompt)
        return torch.stack([self.texts[prompt] for prompt in prompts])

    @torch.inference_mode(False)  # so that what is kept can serve in training, too
    @torch.no_grad()
    def _embed(self, prompt: str) -> Tensor:
        if cut := self._cut(max(self.templates, key=len).replace("{}", prompt)):
            limit = self.tokenizer.context_length
            warnings.warn(
                f"{prompt!r} has more than the {limit} tokens that CLIP reads; left out: {cut!r}", stacklevel=3
            )
        tokens = self.tokenizer([template.replace("{}", prompt) for template in self.templates])
        device = next(self.tower.parameters()).device
        with torch.autocast(device.type, enabled=False):
            rows = self._finish(self.tower.encode_text(tokens.to(device)))  # [templates, D]
        return self._finish(rows.mean(0))

    def _finish(self, rows: Tensor) -> Tensor:
        return F.normalize(rows.float(), dim=-1) if self.normalise else rows.float()

    def _cut(self, text: str) -> str:
        """The end of a text that the tokenizer would drop in silence."""
        if isinstance(self.tokenizer, open_clip.SimpleTokenizer):
            code, tokens = self.tokenizer, self.tokenizer.encode(text)
        else:
            code = self.tokenizer.tokenizer
            tokens = code.encode(text, add_special_tokens=False)
        return code.decode(tokens[self.tokenizer.context_length - 2 :]).strip()  # 2: its begin and end


def preprocessing(config: dict[str, Any]) -> Callable[[Tensor], Tensor]:
    """The model's own resizing, cropping and scaling, on tensors [B, 3, H, W] in [0, 1]: bicubic with antialiasing."""
    if config["resize_mode"] == "longest":
        raise ValueError("this CLIP pads its pictures (resize_mode 'longest'), which open_clip cannot do on tensors")
    whole = image_transform_v2(PreprocessCfg(**config), is_train=False)
    whole.transforms[-1] = Normalize(config["mean"], config["std"])
    return whole


class Normalize:
    """Subtracts the means and divides by the deviations; torchvision's own asks at each call whether one is 0, and waits.

    Args:
        mean: of red, green, blue.
        std: the same.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean, self.std = mean, std

    def __call__(self, image: Tensor) -> Tensor:
        channels = zip(image.unbind(1), self.mean, self.std, strict=True)
        return torch.stack([(x - mean) / std for x, mean, std in channels], 1)


def check_activation(name: str, pretrained: str | None) -> None:
    """Refuses weights under another activation than they were trained with: they load, and give other vectors."""
    tag = open_clip.get_pretrained_cfg(name, pretrained or "")
    if not tag:
        return
    config = open_clip.get_model_config(name)
    if config.get("quick_gelu", False) == tag.get("quick_gelu", False):
        return
    right = name.removesuffix("-quickgelu") if config.get("quick_gelu") else f"{name}-quickgelu"
    raise ValueError(f"{pretrained!r} was trained with another activation than {name}: use name={right}")


def fetch_command(name: str, pretrained: str | None) -> str:
    """What to type to have these weights downloaded."""
    if (name, pretrained) == (NAME, PRETRAINED):
        return "txst fetch clip"
    return f"txst fetch clip --model {name}" + (f" --pretrained {pretrained}" if pretrained else "")


@contextmanager
def offline() -> Iterator[None]:
    """Nothing is asked of the network: what is not on this machine is not found. Only `txst fetch` downloads.

    So a model folder from anybody, whose config names a CLIP, cannot make the machine ask for it.
    """
    before = constants.HF_HUB_OFFLINE, open_clip.pretrained.download_pretrained_from_url

    def downloaded(url: str, cache_dir: str | None = None) -> str:
        file = Path(cache_dir or "~/.cache/clip").expanduser() / url.rpartition("/")[2]
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing")
        return str(file)

    constants.HF_HUB_OFFLINE, open_clip.pretrained.download_pretrained_from_url = True, downloaded
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, open_clip.pretrained.download_pretrained_from_url = before


def limits(weights: Path, name: str) -> AbstractContextManager[None]:
    """No more may be built than the weights can fill: those in a folder, or in a file."""
    files = (
        [*weights.glob("*.safetensors"), *weights.glob("*.bin"), *weights.glob("*.pt")]
        if weights.is_dir()
        else [weights]
    )
    size = sum(file.stat().st_size for file in files)
    return few_parts(
        min(MOST_TENSORS, sum(map(tensors_in, files))), f"CLIP {name}", size
    )  # a number takes a byte at least


def tensors_in(file: Path) -> int:
    """How many tensors a file of weights may hold."""
    if file.suffix == ".safetensors":
        return len(places(file))
    if is_zipfile(file):  # as torch writes them, a part for each
        with ZipFile(file) as parts:
            return len(parts.namelist())
    return file.stat().st_size // 1000


def locate(name: str, pretrained: str | None) -> Path:
    """Where the weights lie; downloads them on first use, unless HF_HUB_OFFLINE=1."""
    if name.startswith("local-dir:"):
        return Path(name.removeprefix("local-dir:"))
    if name.startswith("hf-hub:"):
        return Path(download_pretrained_from_hf(name.removeprefix("hf-hub:")))
    if name not in open_clip.list_models():
        raise ValueError(f"open_clip knows no model {name!r}")
    if pretrained and os.path.isfile(pretrained):
        return Path(pretrained)
    tag = open_clip.get_pretrained_cfg(name, pretrained or "")
    if not tag:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(name))
        raise ValueError(f"{pretrained!r} is no file and no weights of {name}; there are {tags}")
    return Path(open_clip.download_pretrained(tag))
