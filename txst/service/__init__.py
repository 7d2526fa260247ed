"""The server of `txst serve`: a REST interface, and the page of `txst.commands` beside it.

`serve` is the command and `server` runs it. `api` answers requests: `fields` is the form of a painting, `painting` paints it.
`gate` stands before all this with keys, limits, request ids, the log and `figures`. Only the page needs Gradio.
"""
