"""What runs a model when it paints: torch for every model, ONNX Runtime or OpenVINO for models with graphs.

`backend` holds the Protocol and picks one. Backends take and give arrays [B, 3, H, W], so that the folders above need no torch.
They know nothing of files, tiles or controls.
"""
