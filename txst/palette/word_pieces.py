"""Words in pieces, as BERT's tokenizers cut them (Wu et al., 2016, https://arxiv.org/abs/1609.08144)."""

import re
import unicodedata
from collections.abc import Sequence


class WordPieces:
    """Text -> numbers of pieces of words: the longest known beginning of a word first, then of the rest.

    Args:
        vocabulary: the pieces; those that begin no word have "##" in front.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}

    def __call__(self, text: str, unknown: Sequence[int] = ()) -> list[int]:
        """The numbers of a text's pieces, without regard to case and accents.

        Args:
            text: any.
            unknown: what stands for a word that cannot be cut into known pieces.
        """
        text = unicodedata.normalize("NFD", text.lower())
        text = "".join(c for c in text if not unicodedata.combining(c))
        return [piece for word in re.findall(r"\w+|[^\w\s]", text) for piece in self.cut(word) or unknown]

    def cut(self, word: str) -> list[int]:
        """The pieces of a word; none where a part of it is unknown."""
        found, begin = [], 0
        while begin < len(word):
            mark = "##" if begin else ""
            ends = range(len(word), begin, -1)
            end = next((end for end in ends if mark + word[begin:end] in self.numbers), None)
            if end is None:
                return []
            found.append(self.numbers[mark + word[begin:end]])
            begin = end
        return found
