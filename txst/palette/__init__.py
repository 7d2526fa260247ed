"""Styles by name: codes of real paintings, and what finds one for a prompt.

`prompt` reads what people type, in parts, with `weights`, `scan`, `slips`, `spelling` and the words of `tables` and `looks`; `lexicon` is what
these words mean to one palette, `meaning` guesses what other words mean by a table of `word_pieces` and the `sayings` of each term, and `lookup` makes a code of them, by the arithmetic of `codes`. These and `tokenizer` need numpy alone. `module` and `text_encoder` are the same as torch
modules, for training and export. `phrases`, `sentence_encoder` and `train_meaning` make the table of `meaning`. `build`, `train_text_encoder` and `tune` make a palette of a trained model; `user_styles` keeps
the names that a user added.
"""
