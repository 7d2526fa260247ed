"""The command line: `txst` and its named commands, a module each; `serve` is in `service`.

They read options, call the folders below and report an error in one sentence. The work is done in `inference`, `palette`
and `model_folder`, so that Python users have the same functions.
"""
