"""What training minimises: one loss a file, one yaml in `conf/loss`.

A loss takes `types.LossInputs` and gives a scalar. It says as attributes what it looks at, and it knows nothing of the model, the
data or the trainer. `total` adds them up under their names.
"""
