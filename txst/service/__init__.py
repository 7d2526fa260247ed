"""The server of `txst serve`: a REST interface, and the page of `txst.commands` under it.

`serve` is the command, `server` runs it, `api` answers requests, `fields` is the form of a painting and `painting` does it.
`gate` stands before the interface: keys, limits, request ids, logs and figures. Nothing below imports from here, and without
`--no-page` alone is Gradio needed.
"""
