"""From folders of pictures to the batches of a training.

`layouts` finds pictures and their labels, `names` cleans the labels, `sources` finds what a config names, `split` and `shards` write webdataset shards, `stream` and
`epoch` draw batches from them as a function of seed, epoch, rank and worker, so that a resumed run sees the same. `module` is the
Lightning datamodule.
"""
