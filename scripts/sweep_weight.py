"""Trains under several weights of one loss, and lays what they paint side by side: RUN/strip.jpg, and a table. The same command goes on.

python scripts/sweep_weight.py +experiment=painter data.style=shards/wikiart data.content=shards/photos init=txst/weights/painter \
    sweep.term=content_by_variance 'sweep.weights=[0.03,0.12,0.6]' trainer.max_steps=300
"""

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides


@hydra.main(version_base="1.3", config_path="../conf", config_name="sweep_weight")
def main(cfg: DictConfig) -> None:
    from txst.images import save_picture
    from txst.training.sweep import strip

    try:
        sheet, table = strip(cfg)
    except (ValueError, OSError) as error:
        sys.exit(f"sweep_weight: {error}")
    file = Path(cfg.run_dir, "strip.jpg")
    save_picture(sheet, file, quality=88)
    print(f"{table}\n{file}")


if __name__ == "__main__":
    sys.argv[1:] = new_overrides(sys.argv[1:])
    main()
