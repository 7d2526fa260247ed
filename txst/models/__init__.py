"""Whole networks: an image and a style in, a painting out.

`stylizer` joins an encoder, a transfer and a decoder, which is what most methods are. A method that does not fit that shape is a
file of its own here, and fulfils the same Protocol, `types.StyleModel`.
"""
