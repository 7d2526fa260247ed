"""How fast and in how much memory: painting, training, loading, and whether a killed run resumes exactly.

Each measurement is interleaved over what it compares, says the machine it ran on, and leaves its rows in a file. The programs
are `scripts/bench.py` and `scripts/endure.py`; no test depends on a time.
"""
