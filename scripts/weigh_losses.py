"""Prints the gradient norm of each term of a loss, and the weight at which it equals that of the first term.

python scripts/weigh_losses.py +experiment=mini 'loss=[content,gram,tone,laplacian]' data.style=... data.content=... \
    clip.weights=... loss_network.weights=... resume=outputs/mini/checkpoints/last.ckpt
"""

import sys
from itertools import islice

import hydra
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides

BATCHES = 8


@hydra.main(version_base="1.3", config_path="../conf", config_name="train")
def main(cfg: DictConfig) -> None:
    import pytorch_lightning as pl
    import torch
    from hydra.utils import instantiate
    from tqdm import tqdm

    from txst.data.epoch import in_unit
    from txst.model_folder.run_folder import averaged
    from txst.training.gradient_norms import gradient_sizes

    pl.seed_everything(cfg.seed, verbose=False)
    data, task = instantiate(cfg.data, _convert_="all"), instantiate(cfg.task, _convert_="all")
    if cfg.resume:
        checkpoint = torch.load(cfg.resume, map_location="cpu", weights_only=True)
        task.load_state_dict(averaged(checkpoint), strict=False)
    data.setup("fit")
    batches = map(in_unit, islice(data.train_dataloader(), BATCHES))
    sizes = gradient_sizes(task, tqdm(batches, "weighing", BATCHES, unit="batch"))
    weights, first = task.loss.weights, next(iter(sizes))
    pull = sizes[first] * weights[first]
    print(f"{'term':20} {'gradient':>10} {'weight':>8} {'share':>7} {'as ' + first:>10}")
    total = sum(size * weights[name] for name, size in sizes.items())
    for name, size in sizes.items():
        weight = weights[name]
        print(f"{name:20} {size:10.3g} {weight:8g} {size * weight / total:7.1%} {pull / size:10.2g}")


if __name__ == "__main__":
    sys.argv[1:] = new_overrides(sys.argv[1:])
    main()
