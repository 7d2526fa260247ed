"""What networks are built from, and pure functions of feature maps.

Convolutions that reflect at the border, normalisation by given or measured statistics, sums over the processes of a training,
and the way between pictures and tensors. Nothing here knows of a style, a file or a config; every folder above may import it.
"""
