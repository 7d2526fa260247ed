"""Painting for people: a photo and a style in any form, a finished picture of the photo's size.

`stylist` is the door in Python, `controls` what it can be told. `forms` knows the kinds of pictures that come in, and `photo` carries one
through as an array, with all that was worked out of it, and gives it back. `styles` finds the code of a style, and `kept` keeps it. `composing`
lays the layers, `tiles` keeps large photos within memory, `finish` works on pixels. Nothing is trained or written here.
"""
