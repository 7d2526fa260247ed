"""Clips that are odd, broken or made to harm."""

import io

import numpy as np
import pytest
from filmed import film
from PIL import Image


@pytest.fixture(autouse=True)
def _extra():
    for name in ("av", "cv2"):
        pytest.importorskip(name)


def jpegs(path, sizes, title=""):
    """Writes an AVI of JPEGs of these sizes; its header tells 32 x 32."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        out.metadata["title"] = title
        out.start_encoding()
        for number, size in enumerate(sizes):
            file = io.BytesIO()
            Image.new("RGB", size, "red").save(file, "JPEG")
            packet = av.Packet(file.getvalue())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, stream.time_base
            out.mux(packet)
    return path


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 64), (300, 2), (400, 12), (2000, 3)])
def test_motion_is_found_in_pictures_of_any_shape(width, height):
    from txst.video.steady import motion_between

    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    motion = motion_between(picture, picture)
    assert motion.places.shape == (height, width, 2)
    assert np.abs(motion.carry(picture) - picture).mean() < 2


def test_a_later_frame_beyond_the_limit_is_not_decoded(tmp_path, monkeypatch):
    from txst.pictures.limits import PictureError
    from txst.video.movies import Movie

    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    movie = Movie.open(jpegs(tmp_path / "a.avi", [(32, 32), (32, 32), (400, 300)]))
    with pytest.raises(PictureError, match=r"a.avi: broken or cut short .*up to 0.10 s it can be painted"):
        list(movie.frames())


def test_a_title_in_another_coding_stops_nothing(tmp_path):
    from txst.video.movies import Movie

    path = jpegs(tmp_path / "a.avi", [(32, 32)], "Fr\u00fch")
    path.write_bytes(path.read_bytes().replace("Fr\u00fch".encode(), b"Fr\xfchh"))
    assert Movie.open(path).tags["title"] == "Fr\ufffdhh"


def test_pictures_in_an_unknown_coding_are_named(tmp_path):
    from txst.pictures.limits import PictureError
    from txst.video.movies import Movie

    path = film(tmp_path / "a.mp4", sound=False)
    path.write_bytes(path.read_bytes().replace(b"avc1\0\0\0\0", b"zzzz\0\0\0\0"))
    with pytest.raises(PictureError, match=r"a.mp4: its pictures are in a coding that cannot be read"):
        Movie.open(path)


def test_segments_that_a_loss_of_power_left_empty_are_painted_again(tmp_path):
    from txst.video.segments import Work

    work = Work(tmp_path / "a.mp4", "this")
    work.folder.mkdir()
    work.begin()
    for number, state in ((0, {}), (1, {})):
        work.frames(number).write_bytes(b"frames")
        work.finish(number, [0], [1], **state)
    assert len(work.begin()) == 2
    for damaged in (b"", b"PK\x03\x04 cut"):
        work.times(1).write_bytes(damaged)
        assert len(work.begin()) == 1
