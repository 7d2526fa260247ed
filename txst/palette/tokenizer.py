"""A short byte-pair vocabulary of our own, in the file format of open_clip's SimpleTokenizer."""

import gzip
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

FILE = Path(__file__).with_name("byte_pairs.txt.gz")  # made by scripts/make_vocabulary.py
WORD = re.compile(r"'(?:s|t|re|ve|m|ll|d)|[^\W\d_]+|\d|[^\s\w]+|_+")
RESERVED = 2 * 256 + 2  # every byte, alone and at the end of a word; start and end of a text


def byte_names() -> dict[int, str]:
    """A printable character for each byte (the table of GPT-2, Radford et al., 2019), in its order."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in own]
    return {b: chr(b) for b in own} | {b: chr(256 + i) for i, b in enumerate(rest)}


def spelled(word: str) -> tuple[str, ...]:
    """The bytes of a word as symbols, the last one marked as the end."""
    names = byte_names()
    symbols = [names[b] for b in word.encode()]
    return (*symbols[:-1], symbols[-1] + "</w>")


def learn_merges(texts: Iterable[str], most: int) -> list[tuple[str, str]]:
    """The most frequent neighbours, joined again and again (Sennrich, Haddow and Birch, 2016, https://arxiv.org/abs/1508.07909).

    Args:
        texts: to learn from.
        most: merges at most; it ends earlier where every word is one symbol.
    """
    counts = Counter(word for text in texts for word in WORD.findall(text.lower()))
    words = {spelled(word): count for word, count in counts.items()}
    merges: list[tuple[str, str]] = []
    while len(merges) < most:
        pairs: Counter[tuple[str, str]] = Counter()
        for symbols, count in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        words = {joined(symbols, best): count for symbols, count in words.items()}
    return merges


def joined(symbols: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """The symbols with every occurrence of the pair made one."""
    result: list[str] = []
    for symbol in symbols:
        if result and (result[-1], symbol) == pair:
            result[-1] += symbol
        else:
            result.append(symbol)
    return tuple(result)


def write_merges(merges: Iterable[tuple[str, str]], file: Path) -> None:
    """As SimpleTokenizer reads them: gzipped, a line of heading, then a pair a line."""
    text = "\n".join(["# byte pairs of txst", *(" ".join(pair) for pair in merges)]) + "\n"
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_merges(file: Path = FILE) -> list[tuple[str, str]]:
    """The pairs of such a file, in their order."""
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()[1:]
    return [(first, second) for first, second in (line.split(" ") for line in lines)]


class BytePairs:
    """Text -> the numbers of its byte pairs, without a start and an end; the numbers are those of SimpleTokenizer."""

    def __init__(self) -> None:
        self.ranks = {pair: i for i, pair in enumerate(read_merges())}
        names = list(byte_names().values())
        symbols = [*names, *(name + "</w>" for name in names), *("".join(pair) for pair in self.ranks)]
        self.numbers = {symbol: i for i, symbol in enumerate(symbols)}
        self.parts = lru_cache(2**14)(self.apart)  # texts repeat their words

    def __call__(self, text: str) -> list[int]:
        found = []
        for word in WORD.findall(text.lower()):
            found += self.parts(word)
        return found

    def apart(self, word: str) -> list[int]:
        symbols = spelled(word)
        while pairs := [p for p in pairwise(symbols) if p in self.ranks]:
            symbols = joined(symbols, min(pairs, key=self.ranks.__getitem__))
        return [self.numbers[symbol] for symbol in symbols]

    def row(self, text: str, length: int) -> list[int]:
        """The first `length` numbers, and one of nothing for an empty text."""
        return self(text)[:length] or [0]
