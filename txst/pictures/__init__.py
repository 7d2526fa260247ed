"""From files to pixels: which files are taken for pictures, and what their numbers mean.

`formats` is the only place that opens a picture, by an allow-list of formats; `raw` develops what cameras store before they make a picture of
it, and `tiff` reads the directories that tell one from the other. `upright` turns, `levels` and `deep` bring all numbers to 8 bits, and `transparency`
knows what is hidden and what a mask means. Nothing here knows a model; everything above may import it.
"""
