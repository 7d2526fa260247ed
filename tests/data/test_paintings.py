import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import fsspec
import pytest
import torch
from drawn import drawn, encoded
from hydra.utils import instantiate
from omegaconf import OmegaConf

from txst.data.epoch import start_method
from txst.data.layouts import find
from txst.data.module import Paintings
from txst.data.shards import make_shards

CONFIG = Path(__file__).parents[2] / "conf/data/wikiart_coco.yaml"


def module(content, style, rank=0, ranks=1, epoch=0, **options):
    plain = {"size": 24, "resize": 32, "batch_size": 2, "batches": 3, "val_batches": 2, "workers": 0}
    data = Paintings(content, style, **plain | options)
    data.trainer = SimpleNamespace(global_rank=rank, world_size=ranks, current_epoch=epoch)
    return data


def keys(loader):
    return [key for batch in loader for key in batch["keys"]]


@pytest.fixture(scope="module")
def textures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("textures")
    for word in ("banded", "dotted"):
        (folder / "images" / word).mkdir(parents=True)
        for n in range(5):
            (folder / "images" / word / f"{n}.jpg").write_bytes(
                encoded(drawn(5000 + n + 10 * len(word) * (word == "dotted")))
            )
    make_shards(find("dtd", folder), folder / "shards", test=0.4)
    return folder / "shards"


def test_nothing_configured_stops_with_the_commands_that_make_shards():
    config = OmegaConf.merge({"seed": 0, "size": 256}, {"data": OmegaConf.load(CONFIG)})
    with pytest.raises(Exception, match=r"make_shards\.py coco .*make_shards\.py wikiart"):
        instantiate(config.data)


def test_the_config_makes_batches(shards):
    config = OmegaConf.merge({"seed": 0, "size": 24}, {"data": OmegaConf.load(CONFIG)})
    config.data.update(content=str(shards), style=[str(shards)], workers=0, batch_size=2)
    data = instantiate(config.data, _convert_="all")
    assert next(iter(data.train_dataloader()))["style"].shape == (2, 3, 24, 24)
    assert len(data.train_dataloader()) == 1000


def test_training_sees_no_test_picture_and_validation_nothing_else(shards):
    data = module(str(shards), str(shards))
    assert all("/train-" in key for pair in keys(data.train_dataloader()) for key in pair.split())
    assert all("/test-" in key for pair in keys(data.val_dataloader()[0]) for key in pair.split())


def test_the_trainer_tells_epoch_and_rank(shards):
    first = keys(module(str(shards), str(shards)).train_dataloader())
    assert first == keys(module(str(shards), str(shards)).train_dataloader())
    assert first != keys(module(str(shards), str(shards), epoch=1).train_dataloader())
    assert first != keys(module(str(shards), str(shards), rank=1, ranks=2).train_dataloader())


def test_validation_is_the_same_at_every_epoch_and_another_with_another_seed(shards):
    data = module(str(shards), str(shards))
    one, other = list(data.val_dataloader()[0]), list(data.val_dataloader()[0])
    assert all(torch.equal(a["style"], b["style"]) and a["keys"] == b["keys"] for a, b in zip(one, other, strict=True))
    assert keys(one) == keys(module(str(shards), str(shards), epoch=7).val_dataloader()[0])
    assert keys(one) != keys(module(str(shards), str(shards), seed=1).val_dataloader()[0])


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_ranks_share_the_pairs_of_validation_evenly_and_count_none_twice(shards, ranks):
    alone = keys(module(str(shards), str(shards), val_batches=9).val_dataloader()[0])
    shares = [keys(module(str(shards), str(shards), r, ranks, val_batches=9).val_dataloader()[0]) for r in range(ranks)]
    assert len({len(share) for share in shares}) == 1
    together = [key for share in shares for key in share]
    assert len(set(together)) == len(together) > len(alone) - ranks
    assert set(together) <= set(alone)


def test_several_folders_are_mixed_in_training_and_validation(shards, textures):
    data = module(str(shards), [str(shards), str(textures)], batches=20)
    for loader in (data.train_dataloader(), data.val_dataloader()[0]):
        names = {name for batch in loader for name in batch["prompt"]}
        assert names & {"banded", "dotted"}
        assert names - {"banded", "dotted"}


def test_a_pattern_names_folders(shards):
    assert keys(module(str(shards), f"{shards.parent}/sh*").val_dataloader()[0])


@pytest.mark.parametrize("name", ["shards [512px]", "a*b", "what?"])
def test_a_folder_is_found_by_its_exact_name_before_it_is_a_pattern(shards, tmp_path, name):
    shutil.copytree(shards, tmp_path / name)
    assert keys(module(str(tmp_path / name), str(shards)).val_dataloader()[0])


def test_names_are_those_of_all_folders(shards, textures):
    assert module(str(shards), [str(shards), str(textures)]).names == sorted(
        ["banded", "dotted", *(f"artist {n}" for n in range(6))]
    )


def test_folders_without_whole_shards_are_named_with_the_remedy(shards, tmp_path):
    for source in (str(tmp_path), str(tmp_path / "nowhere")):
        with pytest.raises(ValueError, match=rf"{tmp_path}.*make_shards\.py"):
            module(source, str(shards)).train_dataloader()


def test_batches_that_can_never_be_filled_are_refused_at_once(shards):
    with pytest.raises(ValueError, match=r"only 6 artists in .* have 2 works, and 20 are wanted: lower"):
        module(str(shards), str(shards), batch_size=40, works=2)
    with pytest.raises(ValueError, match="one must divide the other"):
        module(str(shards), str(shards), batch_size=4, works=3)
    with pytest.raises(ValueError, match="let resize be 24 or more"):
        module(str(shards), str(shards), resize=8)


def test_shards_without_a_test_split_are_refused_at_once(tmp_path):
    for n in range(2):
        (tmp_path / f"{n}.jpg").write_bytes(encoded(drawn(n)))
    make_shards(find("coco", tmp_path), tmp_path / "few")
    with pytest.raises(ValueError, match=r"no test shards in .*a larger --test"):
        module(str(tmp_path / "few"), str(tmp_path / "few"))


def test_sources_that_run_commands_are_refused(shards):
    with pytest.raises(ValueError, match="refused"):
        module("pipe:cat x", str(shards)).train_dataloader()


def test_a_licence_keeps_other_paintings_out(shards):
    with pytest.raises(ValueError, match="public_domain"):
        next(iter(module(str(shards), str(shards), licence="public_domain").train_dataloader()))


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_shards_are_read_over_http_as_from_a_disk(shards, workers):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    near = list(module(str(shards), str(shards), workers=workers).train_dataloader())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=shards))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        far = list(module(address, address, workers=workers).train_dataloader())
    finally:
        server.shutdown()
    assert all(torch.equal(a["content"], b["content"]) for a, b in zip(near, far, strict=True))


def test_no_process_is_forked_from_one_that_is_connected_to_a_store():
    assert start_method(["https://a/train-0.tar"], 2) == "forkserver"
    assert start_method(["https://a/train-0.tar"], 0) is None
    assert start_method(["/a/train-0.tar"], 2) is None


def test_shards_in_a_store_that_fsspec_knows_are_read_too(shards):
    store = fsspec.filesystem("memory")
    store.put(str(shards), "/bucket/shards", recursive=True)
    near, far = (list(module(source, source).train_dataloader()) for source in (str(shards), "memory://bucket/shards"))
    assert all(torch.equal(a["style"], b["style"]) for a, b in zip(near, far, strict=True))


def test_an_address_that_cannot_be_read_is_named(shards):
    with pytest.raises(OSError, match="nowhere"):
        module("memory://nowhere", str(shards))
