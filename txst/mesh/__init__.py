"""Scenes in three dimensions: a mesh gets a painted texture, in strokes that are as large far away as they are near.

`surface` reads and writes meshes, `atlas` lays them out flat, `cameras` looks at them, and `raster` says what each camera sees. `stylise`
has every view painted by whoever paints pictures, at strokes that suit its depths, and `merge` makes one texture of the views.
`measure` compares what two cameras see of one place. Needs the extra `mesh`; nothing here knows a model.
"""
