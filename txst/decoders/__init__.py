"""From features back to an image: one decoder a file, one yaml in `conf/decoder`.

A decoder is built for the layers that it reads, by their widths and strides. Its pixels are meant for [0, 1] and not held to it,
so that losses can pull them back; the model clamps them when it paints.
"""
