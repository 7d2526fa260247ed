"""Clips of every format: what the source says is kept, and a run that was stopped goes on."""

from itertools import pairwise

import numpy as np
import pytest
from filmed import HEIGHT, WIDTH, animate, film, frames, heard, look, scene, seen, shown
from PIL import Image

from txst import Stylist
from txst.files.note import is_unchanged, read_note
from txst.pictures.limits import PictureError

STYLE = "claude monet"


@pytest.fixture(scope="module")
def stylist():
    pytest.importorskip("av")
    pytest.importorskip("cv2")
    return Stylist.from_pretrained("small")


@pytest.fixture
def paint(stylist):
    from txst.video.painting import paint_clip

    return lambda source, target, style=STYLE, **controls: paint_clip(stylist, source, target, style, **controls)


@pytest.mark.parametrize(
    ("name", "rotation", "matrix", "full"),
    [("a.mp4", 90, 1, 2), ("a.mov", -90, 5, 1), ("a.mkv", 180, 9, 1), ("a.webm", 0, 6, 1)],
)
def test_a_movie_keeps_frame_times_sound_rotation_colours_and_title(paint, tmp_path, name, rotation, matrix, full):
    source, target = film(tmp_path / name, rotation=rotation, matrix=matrix, full=full), tmp_path / f"out_{name}"
    done = paint(source, target)
    assert done.frames == 6
    assert done.size == ((HEIGHT, WIDTH) if abs(rotation) == 90 else (WIDTH, HEIGHT))
    was, now = look(source), look(target)
    assert now.pop("length") == pytest.approx(was.pop("length"), abs=25_000)  # a packet of sound
    assert now == was
    assert heard(target) == heard(source)
    assert np.abs(seen(target).astype(int) - seen(source)).mean() > 5  # it is painted


@pytest.mark.parametrize(
    ("name", "matrix", "full"), [("a.mp4", 1, 1), ("a.mp4", 1, 2), ("a.mp4", 5, 1), ("a.webm", 9, 1), ("a.mkv", 2, 0)]
)
def test_colours_come_back_as_they_were(paint, tmp_path, name, matrix, full):
    source = film(tmp_path / name, matrix=matrix, full=full)
    paint(source, tmp_path / f"out_{name}", strength=0)
    was, now = seen(source).astype(int), seen(tmp_path / f"out_{name}").astype(int)
    assert np.abs((now - was).mean((0, 1, 2))).max() < 1.2  # the scaler loses a level in full range
    assert np.abs(now - was).mean() < 4  # by the codec


def test_a_quarter_turn_is_painted_upright(paint, tmp_path):
    pictures = frames(2)
    lying = [np.ascontiguousarray(np.rot90(pixels, 1)) for pixels in pictures]
    film(tmp_path / "lies.mp4", lying, (0, 3600), rotation=-90)
    film(tmp_path / "stands.mp4", pictures, (0, 3600))
    paint(tmp_path / "lies.mp4", tmp_path / "lies.png")
    paint(tmp_path / "stands.mp4", tmp_path / "stands.png")
    apart = np.abs(seen(tmp_path / "lies.png").astype(int) - seen(tmp_path / "stands.png"))
    assert apart.mean() < 6  # the colours of H.264 lie at other places


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animated_picture_keeps_durations_loops_and_transparency(paint, tmp_path, ending):
    alpha = np.where(np.arange(WIDTH) < 8, 0, 255).astype(np.uint8)[None].repeat(HEIGHT, 0)
    source = animate(tmp_path / f"a.{ending}", [np.dstack([pixels, alpha]) for pixels in frames()], loop=3)
    target = tmp_path / f"out.{ending}"
    assert paint(source, target).frames == 6
    was, now = list(shown(source)), list(shown(target))
    assert [time for _, time in now] == [time for _, time in was]
    with Image.open(source) as before, Image.open(target) as after:
        assert after.info["loop"] == before.info["loop"]
    for picture, _ in now:
        assert np.array_equal(np.asarray(picture.convert("RGBA"))[..., 3], alpha)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "webm", "gif", "webp", "png"])
def test_every_format_is_written_and_says_what_made_it(paint, tmp_path, ending):
    target = tmp_path / f"out.{ending}"
    done = paint(film(tmp_path / "a.mp4"), target, every=2)
    assert (done.frames, len(seen(target))) == (3, 3)
    assert "claude monet" in read_note(target)
    assert is_unchanged(target)
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    assert not is_unchanged(target)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", target.name]  # nothing else is left


@pytest.mark.parametrize("opacity", [255, 128])
def test_a_webp_of_one_frame_says_what_made_it(paint, tmp_path, opacity):
    picture = np.dstack([scene(), np.full((HEIGHT, WIDTH), opacity, np.uint8)])
    source = animate(tmp_path / "a.png", [picture, 255 - picture], [100, 100])
    paint(source, tmp_path / "out.webp", end=0.1)
    assert "claude monet" in read_note(tmp_path / "out.webp")
    assert is_unchanged(tmp_path / "out.webp")
    with Image.open(tmp_path / "out.webp") as image:
        assert image.size == (WIDTH, HEIGHT)
        assert image.convert("RGBA").getpixel((0, 0))[3] == opacity


def test_sound_that_a_container_does_not_hold_is_encoded_anew(paint, tmp_path):
    paint(film(tmp_path / "a.mp4"), tmp_path / "a.webm")
    assert len(heard(tmp_path / "a.webm")) > 5


def test_a_control_that_is_none_is_refused(paint, tmp_path):
    for name in ("stroks", "shape"):
        with pytest.raises(TypeError, match=f"no control '{name}'"):
            paint(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", **{name: True})


def test_a_part_and_every_second_frame(paint, tmp_path):
    source = film(tmp_path / "a.mp4", frames(10), range(0, 36_000, 3600))  # 25 a second
    paint(source, tmp_path / "part.mp4", start=0.08, end=0.28)
    assert np.allclose(look(tmp_path / "part.mp4")["times"], [0, 0.04, 0.08, 0.12, 0.16])
    assert max(time for time, _ in heard(tmp_path / "part.mp4")) < 0.2
    paint(source, tmp_path / "part.gif", every=4)
    assert [time for _, time in shown(tmp_path / "part.gif")] == [160, 160, 80]
    with pytest.raises(PictureError, match="no frame lies in the part"):
        paint(source, tmp_path / "none.mp4", start=9)


class Killed(Exception):
    pass


def stop_at(frame):
    def told(done, total):
        if done == frame:
            raise Killed

    return told


def test_a_run_that_was_stopped_goes_on_without_painting_anything_twice(paint, tmp_path, monkeypatch):
    from txst.video import job

    calls, whole = [], job.FramePainter.paint
    monkeypatch.setattr(job, "LENGTH", 2)
    monkeypatch.setattr(job.FramePainter, "paint", lambda *args: (calls.append(1), whole(*args))[1])
    source = film(tmp_path / "a.mp4")
    paint(source, tmp_path / "one.mp4", note="")
    assert len(calls) == 6
    with pytest.raises(Killed):
        paint(source, tmp_path / "two.mp4", note="", progress=stop_at(5))
    calls.clear()
    assert not (tmp_path / "two.mp4").exists()
    assert paint(source, tmp_path / "two.mp4", note="").kept == 4
    assert len(calls) == 2
    assert (tmp_path / "two.mp4").read_bytes() == (tmp_path / "one.mp4").read_bytes()


def test_other_options_begin_anew(paint, tmp_path, monkeypatch):
    from txst.video import job

    monkeypatch.setattr(job, "LENGTH", 2)
    source, target = film(tmp_path / "a.mp4"), tmp_path / "out.mp4"
    with pytest.raises(Killed):
        paint(source, target, progress=stop_at(5))
    assert paint(source, target, strength=0.5).kept == 0


def test_another_mask_of_the_same_name_begins_anew(paint, tmp_path, monkeypatch):
    from txst.video import job

    monkeypatch.setattr(job, "LENGTH", 2)
    source, target, mask = film(tmp_path / "a.mp4"), tmp_path / "out.mp4", tmp_path / "mask.png"
    shapes = [Image.new("L", (WIDTH, HEIGHT), grey) for grey in (255, 99)]
    for given in (mask, str(mask), "pixels"):
        shapes[0].save(mask)
        with pytest.raises(Killed):
            paint(source, target, progress=stop_at(5), strength=shapes[0] if given == "pixels" else given)
        shapes[1].save(mask)
        assert paint(source, target, strength=shapes[1] if given == "pixels" else given).kept == 0


def test_the_source_is_not_written_over(paint, tmp_path):
    source = animate(tmp_path / "a.gif")
    before = source.read_bytes()
    (tmp_path / "b.gif").hardlink_to(source)
    with pytest.raises(ValueError, match="is the clip itself"):
        paint(source, tmp_path / "b.gif")
    assert source.read_bytes() == before


def test_two_runs_do_not_paint_one_file_at_the_same_time(paint, tmp_path):
    from txst.video.segments import Work, locked

    with locked(Work(tmp_path / "out.mp4", "other")), pytest.raises(PictureError, match="another txst"):
        paint(film(tmp_path / "a.mp4"), tmp_path / "out.mp4")


def test_a_run_that_begins_while_another_tidies_up_waits_for_it(tmp_path, monkeypatch):
    pytest.importorskip("av")
    from txst.video import segments

    work, remove, refused = segments.Work(tmp_path / "out.mp4", ""), segments.shutil.rmtree, []

    def meanwhile(*args, **how):
        with pytest.raises(PictureError, match="another txst"), segments.locked(work):
            pass
        refused.append(remove(*args, **how))

    monkeypatch.setattr(segments.shutil, "rmtree", meanwhile)
    with segments.locked(work):
        pass
    assert refused == [None]
    assert not work.folder.exists()


def test_after_a_cut_nothing_of_the_scene_before_is_seen(paint, tmp_path):
    cut = [*frames(3, seed=1), *frames(2, seed=2)]
    reference = scene(3)
    paint(animate(tmp_path / "cut.png", cut, [40] * 5), tmp_path / "cut_out.png", reference_frame=reference)
    paint(animate(tmp_path / "new.png", cut[3:], [40] * 2), tmp_path / "new_out.png", reference_frame=reference)
    assert np.array_equal(seen(tmp_path / "cut_out.png")[3:], seen(tmp_path / "new_out.png"))


def test_what_stands_still_does_not_flicker(paint, stylist, tmp_path):
    rng = np.random.default_rng(0)
    still = [(scene() + rng.normal(0, 3, (HEIGHT, WIDTH, 3))).clip(0, 255).astype(np.uint8) for _ in range(6)]
    paint(animate(tmp_path / "a.png", still, [40] * 6), tmp_path / "out.png")
    alone = np.stack([stylist(pixels, STYLE) for pixels in still])
    assert changes(seen(tmp_path / "out.png")) < 0.5 * changes(alone)


def changes(pictures):
    """The mean square of what differs from frame to frame."""
    return np.mean([(a.astype(float) - b) ** 2 for a, b in pairwise(pictures[1:])])


def test_a_mask_may_move(paint, tmp_path):
    source = animate(tmp_path / "a.png", frames(4), [100] * 4)
    left = np.where(np.arange(WIDTH) < WIDTH // 2, 255, 0).astype(np.uint8)[None].repeat(HEIGHT, 0)
    masks = [np.dstack([mask] * 3) for mask in (left, 255 - left)]
    animate(tmp_path / "mask.png", masks, [200, 200])
    paint(source, tmp_path / "out.png", strength=tmp_path / "mask.png")
    same = (seen(tmp_path / "out.png") == seen(source)).all(-1)
    half = WIDTH // 2
    for number, untouched in enumerate((slice(half, None), slice(half, None), slice(half), slice(half))):
        assert same[number][:, untouched].all()
        assert not same[number].all()
    paint(source, tmp_path / "region.png", None, regions=[(tmp_path / "mask.png", STYLE)])
    assert np.array_equal(seen(tmp_path / "region.png")[0][:, -8:], seen(source)[0][:, -8:])


def test_key_frames_change_style_and_strength(paint, tmp_path):
    source = animate(tmp_path / "a.png", frames(5), [1000] * 5)
    steps = [
        (0.0, "style", STYLE),
        (0.0, "strength", 0.0),
        (2.0, "strength", 1.0),
        (2.0, "style", STYLE),
        (4.0, "style", "titian"),
    ]
    paint(source, tmp_path / "out.png", None, keyframes=steps)
    paint(source, tmp_path / "titian.png", "titian", start=4, reference_frame=scene())
    painted, plain = seen(tmp_path / "out.png"), seen(source)
    assert np.array_equal(painted[0], plain[0])
    apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(painted, plain, strict=True)]
    assert apart[0] < apart[1] < apart[2]
    assert painted[4].astype(int).mean() < painted[2].astype(int).mean()  # titian is darker
