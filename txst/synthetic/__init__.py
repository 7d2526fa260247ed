"""Drawn pictures, for the demo and the tests: nothing has to be downloaded to train.

`landscape` and `drawing` make photos and strokes, `styles` eight styles that are told apart by colour and texture, `dataset`
paints one with the other and writes them as shards. Everything is a function of a seed.
"""
