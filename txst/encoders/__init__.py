"""Networks that read: image -> features, or image and text -> embedding.

VGG, SqueezeNet and Inception with weights that are fetched once, filters without weights, small trained encoders, CLIP and our own
style space. Encoders normalise their input themselves, carry the widths and strides of their layers, and stay frozen where they
are used as loss networks.
"""
