"""The command line: `txst` and its named commands, a module each.

They read options, call the folders below and say in one sentence what went wrong. What they do is done in `inference`, `palette`
and `model_folder`, so that Python users have the same.
"""
