"""Shows whether the metrics order known cases as people do. Prints a table and writes it, with the pictures.

python scripts/check_metrics.py style=shards/wikiart content=shards/photos painter=models/microast \
    network.artist_classifier=models/artist_classifier network.inception.weights=FILE
"""

import sys
from pathlib import Path

import hydra
from omegaconf import DictConfig

from txst.commands.old_names import new_overrides


@hydra.main(version_base="1.3", config_path="../conf", config_name="check_metrics")
def main(cfg: DictConfig) -> None:
    from txst.evaluation.known_cases import known_cases
    from txst.images import contact_sheet, save_picture
    from txst.layers.tensors import to_picture
    from txst.metrics.build import build_metrics

    metrics = build_metrics(cfg.metric)
    classifier, painter = Path(cfg.network.artist_classifier), Path(cfg.painter)
    cases = known_cases(cfg.style, cfg.content, classifier, painter, cfg.count, cfg.size)
    lines = [",".join(["case", *metrics])]
    for name, painted in cases.items():
        row = [name.replace(",", "")]
        for metric in metrics.values():
            metric.reset()
            metric.update(painted)
            row.append(f"{metric.compute().item():.4g}")
        lines.append(",".join(row))
        print(lines[-1], flush=True)
    Path(cfg.out, "figures.csv").write_text("\n".join(lines) + "\n")
    rows = [[to_picture(p.output[i : i + 1]) for p in cases.values()] for i in range(min(8, cfg.count))]
    save_picture(contact_sheet(rows, 192, list(cases), []), Path(cfg.out, "cases.jpg"))
    for name, metric in metrics.items():
        print(f"{name}: {metric.unit}; {metric.network}")


if __name__ == "__main__":
    sys.argv[1:] = new_overrides(sys.argv[1:])
    main()
