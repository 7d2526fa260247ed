"""How a style changes the features of a photo: one method a file, one yaml in `conf/transfer`.

A transfer stands between encoder and decoder of `models.stylizer`. It takes features of the photo and what was prepared of the
style, and gives features of the same shapes. It never sees pixels.
"""
