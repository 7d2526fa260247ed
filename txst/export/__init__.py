"""From a trained run, or from published weights, to a model folder.

`run` writes the folder, `graphs` and `onnx` the files that other runtimes read, `int8` a graph in 8 bits, `model_card` the card.
`import_published` reads checkpoints of other authors, `safe_unpickle` without running what is in them.
"""
