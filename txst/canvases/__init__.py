"""What is optimised for one picture instead of being trained for all: parameters -> images, one canvas a file.

A canvas fulfils `types.Canvas`; `optimise` moves its parameters under whatever losses it is given. `models/optimised` makes a model
of a canvas and losses. A canvas imports from `types` and `layers` alone, and knows no loss.
"""
