"""Labelled photos and paintings of six artists as shards, and boards of tiny methods."""

import pytest
from drawn import drawn, encoded, paint
from hydra import compose, initialize_config_dir
from small import CONF

TINY_BOARD = [
    "network=bank", "metric=[content,style,ssim]", "size=32", "device=cpu", "pairs.works=2",
    "pairs.splits=[test,train]", "bootstrap.rounds=200", "cost=[32]", "flicker=1", "gallery={photos: 2, artists: 3, side: 48}", "name=test",
    "kinds={landscape: [hill], object: [cup, spoon]}",
]  # fmt: skip


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    """Folders of shards: photos of hills, cups and a thing without a label; paintings."""
    from txst.data.layouts import find
    from txst.data.shards import make_shards

    folder = tmp_path_factory.mktemp("labelled")
    (folder / "photos").mkdir()
    rows = ["file,label"]
    for number in range(12):
        (folder / f"photos/{number:02}.jpg").write_bytes(encoded(drawn(5000 + number)))
        rows.append(f"{number:02}.jpg,{('hill', 'cup', '')[number % 3]}")
    (folder / "labels.csv").write_text("\n".join(rows))
    make_shards(find("coco", folder / "photos", folder / "labels.csv"), folder / "content", test=0.75)
    make_shards(find("wikiart", paint(folder / "pictures")), folder / "style", test=0.25)
    return [f"data.content={folder}/content", f"data.style={folder}/style"]


def run_board(out, *overrides, program="compare"):
    """Gives what results.json holds."""
    from txst.evaluation.board import Board

    with initialize_config_dir(str(CONF), version_base="1.3"):
        return Board(compose(program, [*TINY_BOARD, f"run_dir={out}", *overrides])).run()


@pytest.fixture
def board(tmp_path, labelled):
    """Runs a board in RUN of the test's folder."""

    def run(*overrides, program="compare", data=labelled):
        return run_board(tmp_path / "run", *data, *overrides, program=program)

    return run


@pytest.fixture(scope="module")
def compared(tmp_path_factory, labelled, model_folder):
    """Six methods, of which one breaks: what results.json holds, and the run's folder."""
    run = tmp_path_factory.mktemp("compared")
    methods = "methods=[real,untouched,colour,microast,other]"
    broken = "methods.microast.folder=nowhere"
    return run_board(run, *labelled, methods, f"models=[{model_folder}]", broken), run
