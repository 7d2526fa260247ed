"""Styles by name: codes of real paintings, and what finds one for a prompt.

`lookup`, `spelling`, `looks` and `tokenizer` answer prompts with numpy alone. `module` and `text_encoder` are the same as torch
modules, for training and export. `build`, `train_text_encoder` and `tune` make a palette of a trained model; `user_styles` keeps
the names that a user added.
"""
