"""Comparing methods: the same photos and styles for all, metrics with intervals, and pages to look at.

`pairs` draws the hashed list, `methods` and `sources` run each method on it, `judging` measures, `report`, `markdown` and
`gallery` write what people read. The program is `scripts/compare.py`.
"""
