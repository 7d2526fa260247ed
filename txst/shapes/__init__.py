"""Geometric warping: the thing in a photo takes the shape of the thing in a style picture.

`masks` finds both silhouettes and lays one over the other, `register` finds the flow between them, and `fields` has the convention of flows and
moves pictures by them. numpy and Pillow do all of it; OpenCV is asked only where neither a mask nor transparency says what the thing is.
"""
