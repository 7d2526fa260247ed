import pytest
import torch
from hydra.utils import instantiate
from small import brush, composed, write_classifier

from txst.data.sources import every_sample
from txst.encoders.bank import FilterBank
from txst.metrics.artist import ArtistClassifier
from txst.model_folder.config import read_config
from txst.model_folder.hub import BUNDLED
from txst.palette.build import make_palette, typicality
from txst.palette.faces import Face, digest, faces, found_among, put_faces_first
from txst.palette.tune import REACH, CodeTuner


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return brush(composed)


@pytest.fixture(scope="module")
def shards(small_shards):
    """Of styles and of photos."""
    return [shard.partition("=")[2] for shard in small_shards[:2]]


@pytest.fixture(scope="module")
def kept(model, shards):
    """A palette's config and its tensors."""
    return make_palette(model, shards[0], 0)[:2]


def filled(made, tensors):
    palette = instantiate(made)
    palette.load_state_dict(tensors)
    return palette


@pytest.mark.parametrize("words", [0, 2])
def test_a_palette_holds_the_training_pictures_under_their_names(model, shards, words):
    made, tensors, found = make_palette(model, shards[0], words)
    palette = filled(made, tensors)
    assert len(palette.codes) == made["entries"] > len(made["names"]) > 1
    torch.testing.assert_close(palette.codes.norm(dim=1), torch.ones(made["entries"]))
    assert palette.text(made["names"][:2]).shape == (2, 16)
    assert bool(found) == bool(words)


def test_the_work_that_is_unlike_the_others_of_its_name_is_the_least_typical():
    around = torch.eye(8)[[0, 0, 0, 1, 2, 2, 2, 3]] + 0.05 * torch.randn(8, 8)
    owner = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    found = typicality(torch.nn.functional.normalize(around, dim=1), owner)
    assert (found[:4].argmin(), found[4:].argmin()) == (3, 3)
    assert found.abs().max() <= 1 + 1e-6


def test_the_works_of_the_table_are_found_among_those_to_train_on(shards):
    samples = every_sample(shards[:1])
    train = next(sample for sample in samples if sample["split"] == "train")
    test = next(sample for sample in samples if sample["split"] != "train")
    table = [Face("name", "one", digest(train["jpg"]), ""), Face("name", "other", digest(test["jpg"]), "")]
    assert found_among(samples, table) == {table[0]: train["jpg"]}


def test_the_works_of_the_table_come_first_and_those_that_are_missing_are_told(kept):
    palette = filled(*kept)
    digests = [str(row) for row in range(len(palette.codes))]
    name, rows = palette.names[0], (palette.name == 0).nonzero().flatten()
    last = int(rows[palette.score[rows].argmin()])
    others = palette.score.clone()
    missing = put_faces_first(palette, digests, [Face("name", name, str(last), ""), Face("name", "nobody", "0", "")])
    assert [face.name for face in missing] == ["nobody"]
    assert rows[palette.score[rows].argmax()] == last
    assert (palette.score != others).nonzero().flatten().tolist() == [last]
    palette.movement[rows] = 0
    palette.movements = ["baroque"]
    with pytest.raises(ValueError, match="is not that of"):
        put_faces_first(
            palette, digests, [Face("name", name, str(last), ""), Face("movement", "baroque", str(int(rows[0])), "")]
        )


def test_every_line_of_the_table_is_one_of_the_default_models_palette():
    clip = read_config(BUNDLED)["clip"]
    for face in faces():
        assert face.name in clip["names" if face.kind == "name" else "movements"]
        assert len(face.picture) == len(digest(b""))
    assert len({(face.kind, face.name) for face in faces()}) == len(faces()) >= 80


def tuner_of(model, shards, folder, known):
    network = FilterBank(["bank2"])
    classifier = ArtistClassifier(network, write_classifier(folder / "classifier", 62, known, (0, 1), network))
    return CodeTuner(model, classifier, shards[1], ["bank2"])


def test_of_an_artists_codes_it_prefers_those_that_a_classifier_recognises(model, shards, kept, tmp_path):
    made, tensors = kept
    known = made["names"][:2]
    plain = filled(made, tensors)
    tuner = tuner_of(model, shards, tmp_path, known)
    chosen = filled(*make_palette(model, shards[0], 0, tuner)[:2])
    sure = tuner.scores(chosen)
    gained = chosen.score - plain.score
    for number, name in enumerate(made["names"]):
        mine = chosen.name == number
        if name in known:
            assert gained[mine].argsort().equal(sure[mine].argsort())
        else:
            assert sure[mine].isnan().all()
            assert not gained[mine].any()
    with pytest.raises(ValueError, match="was trained on"):
        ArtistClassifier(FilterBank(["bank4"]).requires_grad_(False), write_classifier(tmp_path / "other", 62))


def test_a_tuned_code_paints_in_about_the_colours_of_its_painting(model, shards, kept, tmp_path, monkeypatch):
    made, tensors = kept
    tuner = tuner_of(model, shards, tmp_path, made["names"][:2])
    plain, photos, changed = filled(made, tensors), tuner.photos(range(2)), []
    for faithful in (0, 1e6):
        monkeypatch.setattr("txst.palette.tune.FAITHFUL", faithful)
        tuned = filled(made, tensors)
        tuner.tune(tuned, 120)
        moved = (tuned.codes != plain.codes).any(1)
        pairs = zip(tuned.codes[moved], plain.codes[moved], strict=True)
        recoloured = [
            tuner.paint(photos, new.expand(2, -1)) - tuner.paint(photos, old.expand(2, -1)) for new, old in pairs
        ]
        changed.append(torch.stack(recoloured).mean((3, 4)).square().mean())
    assert changed[1] < changed[0] / 2


def test_the_best_code_of_each_name_that_the_classifier_knows_is_tuned_and_no_other(model, shards, kept, tmp_path):
    made, tensors = kept
    known = made["names"][:2]
    tuner = tuner_of(model, shards, tmp_path, known)
    plain = filled(made, tensors)
    tuned, again = filled(made, tensors), filled(made, tensors)
    tuner.tune(tuned, 120)
    tuner.tune(again, 120)
    assert tuned.codes.equal(again.codes)
    torch.testing.assert_close(tuned.codes.norm(dim=1), torch.ones(made["entries"]))
    moved = (tuned.codes != plain.codes).any(1)
    assert sorted(made["names"][n] for n in plain.name[moved]) == known
    assert ((tuned.codes * plain.codes).sum(1) > REACH - 1e-5).all()
    assert (tuner.scores(tuned) > tuner.scores(plain))[moved].all()
