"""Pictures as files: their metadata, the note that says what made them, and how they get onto the disk.

A file is written whole or not at all. What a photo's file says beside its pixels (EXIF, XMP, resolution) goes into its result, and a
sealed note tells a result that is as txst wrote it from one that was changed since. Only `images` and what is above it import from here.
"""
