"""What finished pictures are measured by: one metric a file, one yaml in `conf/metric`.

Each is a torchmetrics Metric that is updated with `types.Painted` and reduces over processes by itself. They serve validation,
the board of methods and the tests of the metrics themselves; docs/METRICS.md says what each can and cannot see.
"""
