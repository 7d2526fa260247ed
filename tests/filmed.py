"""Small clips as files, and what a file of a clip holds."""

from fractions import Fraction

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 64, 48
TIMES = (0, 3003, 9000, 12000, 20007, 23000)  # of frames, in 1/90000 s: no two steps are alike
LAST = 4000
CODECS = {"mp4": ("mp4", "libx264", "aac"), "mov": ("mov", "libx264", "aac"), "mkv": ("matroska", "libx264", "aac"),
          "webm": ("webm", "libvpx-vp9", "libopus")}  # fmt: skip


def scene(seed=0, height=HEIGHT, width=WIDTH):
    """A picture [H, W, 3] of soft blots, which flow can be found in."""
    rough = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 10, 3), dtype=np.uint8))
    return np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC))


def frames(count=6, seed=0):
    """A scene that moves sideways by a pixel a frame."""
    wide = scene(seed, width=WIDTH + count)
    return [np.ascontiguousarray(wide[:, at : at + WIDTH]) for at in range(count)]


def film(path, pictures=None, times=TIMES, *, tick=Fraction(1, 90000), rotation=0, matrix=1, full=1, sound=True):
    """Writes a movie; its ending names the container."""
    import av

    from txst.video.encoding import scaler as to_yuv
    from txst.video.movies import Look

    container, codec, sound_codec = CODECS[path.suffix[1:]]
    quality = (
        {"crf": "4", "bf": "0"} if codec == "libx264" else {"crf": "4", "b": "0", "cpu-used": "8", "auto-alt-ref": "0"}
    )
    pictures = frames() if pictures is None else pictures
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=25, options=quality)
        stream.height, stream.width = pictures[0].shape[:2]
        context = stream.codec_context
        stream.pix_fmt, context.time_base, stream.time_base = "yuv420p", tick, tick
        context.colorspace, context.color_range, context.color_primaries, context.color_trc = matrix, full, 1, 1
        if rotation:
            stream.set_display_rotation(rotation)
        scaler = to_yuv(stream, Look(matrix, full))
        tones = out.add_stream(sound_codec, rate=48_000) if sound else None
        out.metadata["title"] = "Früh am Morgen"
        for pixels, time in zip(pictures, times, strict=True):
            scaler.push(av.VideoFrame.from_ndarray(pixels, format="rgb24"))
            frame = scaler.pull()
            frame.pts, frame.time_base = time, tick
            for packet in stream.encode(frame):
                packet.duration = LAST
                out.mux(packet)
        out.mux(stream.encode(None))
        if tones:
            wave = (8000 * np.sin(np.arange(14_000) / 20)).astype(np.int16)[None]
            heard = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            heard.rate, heard.pts, heard.time_base = 48_000, 0, Fraction(1, 48_000)
            out.mux(tones.encode(heard))
            out.mux(tones.encode(None))
    return path


def look(path):
    """What a player makes of a movie's pictures: times in seconds, size, rotation and colours."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        shown = list(container.decode(stream))
        one = shown[0]
        colours = (one.colorspace, one.color_range, one.color_primaries, one.color_trc)
        times = [float(frame.pts * stream.time_base) for frame in shown]
        return {"times": times, "size": (one.width, one.height), "rotation": one.rotation, "colours": colours,
                "title": container.metadata.get("title"), "length": container.duration}  # fmt: skip


def heard(path):
    """The packets of sound of a movie, as bytes with their times."""
    import av

    with av.open(str(path)) as container:
        packets = container.demux(audio=0) if container.streams.audio else ()
        return [(float(packet.pts * packet.time_base), bytes(packet)) for packet in packets if packet.size]


def seen(path):
    """The frames of any clip [n, H, W, 3], as they are stored."""
    import av

    from txst.video.movies import EXACT

    if path.suffix in (".gif", ".webp", ".png"):
        return np.stack([np.asarray(picture.convert("RGB")) for picture, _ in shown(path)])
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24", interpolation=EXACT) for frame in container.decode(video=0)])


def shown(path):
    """The frames of an animated picture, and for how many milliseconds each is shown."""
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            yield image.copy(), round(image.info["duration"])


def animate(path, pictures=None, durations=(40, 80, 40, 140, 40, 60), loop=0):
    """Writes an animated picture; frames of four channels have transparency."""
    pictures = frames() if pictures is None else pictures
    first, *others = (Image.fromarray(pixels) for pixels in pictures)
    lossless = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=others, duration=list(durations), loop=loop, **lossless)
    return path
