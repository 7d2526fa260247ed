"""Painting clips: movies and animated pictures, frame by frame, so that what stands still in them does.

`painting` is the door, and `job` does it. `movies` and `animations` read frames, `turns` holds them upright. `steady` carries each painting along the motion to the
next frame, `plan` says how each moment is painted, by `keyframes` and `moving` masks. `segments` keeps what is done for when a run is killed,
`encoding` writes frames, `joining` makes the result of the segments, with the sound. It needs the extra `video`; nothing else imports PyAV and OpenCV.
"""
