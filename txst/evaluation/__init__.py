"""Comparing methods: the same photos and styles for all, metrics with intervals, and pages to look at.

`pairs` draws the hashed list, `methods` and `sources` run each method on it, `measuring` measures, `report`, `markdown` and
`gallery` write the results for readers. The program is `scripts/compare.py`.
"""
