"""Painting for people: a photo and a style in any form, a finished picture of the photo's size.

`stylist` is the door in Python; `forms` turns what came in into a picture and back, `styles` finds the style, `composing` applies
the controls, `tiles` keeps large photos within memory, `finish` works on pixels. Nothing is trained or written here.
"""
