"""From a config to a trained model, by Lightning.

`run` builds what the config names, the tasks step, callbacks do what happens beside a step: average weights, save checkpoints, skip
bad steps, log, paint a gallery. A run that was killed goes on to the same weights.
"""
