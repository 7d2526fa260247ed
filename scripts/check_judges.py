"""Shows whether the judges order known cases rightly; prints a table and writes it, with the pictures.

python scripts/check_judges.py style=shards/wikiart content=shards/photos painter=models/microast \
    network.artist_head=models/judge network.inception.weights=FILE
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="../conf", config_name="check_judges")
def main(cfg: DictConfig) -> None:
    from txst.evaluation.known_cases import known_cases
    from txst.images import contact_sheet, save_picture
    from txst.layers.tensors import to_picture
    from txst.metrics.panel import build_judges

    judges = build_judges(cfg.metric)
    cases = known_cases(cfg.style, cfg.content, Path(cfg.network.artist_head), Path(cfg.painter), cfg.count, cfg.size)
    lines = [",".join(["case", *judges])]
    for name, painted in cases.items():
        row = [name.replace(",", "")]
        for judge in judges.values():
            judge.reset()
            judge.update(painted)
            row.append(f"{judge.compute().item():.4g}")
        lines.append(",".join(row))
        print(lines[-1], flush=True)
    Path(cfg.out, "figures.csv").write_text("\n".join(lines) + "\n")
    rows = [[to_picture(p.output[i : i + 1]) for p in cases.values()] for i in range(min(8, cfg.count))]
    save_picture(contact_sheet(rows, 192, list(cases), []), Path(cfg.out, "cases.jpg"))
    for name, judge in judges.items():
        print(f"{name}: {judge.unit}; {judge.network}")


if __name__ == "__main__":
    main()
