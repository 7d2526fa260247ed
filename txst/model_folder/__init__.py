"""Model folders: how they are laid out, found, checked, written and opened.

A folder may come from anybody, so this is the one place that decides what is trusted: which classes a config may build, which
sizes are taken, which files a graph may read. `config` and `onnx_safety` need no torch; `folder` builds networks.
"""
