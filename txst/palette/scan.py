"""Where in a text something is named that means something for a style."""

from collections.abc import Callable, Iterator

from txst.palette.lexicon import Lexicon
from txst.palette.slips import SHORTEST, alike
from txst.palette.spelling import PARTICLES, fold, joined
from txst.palette.tables import Term, little, ordinary

Spans = list[tuple[int, int, list[Term]]]  # begin and end among the tokens, and what may be meant
LONGEST = 6  # words of a name
ABOUT = 4  # words that a misspelt name, or one that is written in other words, may be spread over
LONGEST_WORD = 40  # letters of a misspelt name
ESQUE = fold("esque")
BEGINS = {*PARTICLES, "art", "pop"}  # words that mean nothing alone and may begin a misspelt name


def scan(text: str, lexicon: Lexicon) -> tuple[Spans, list[str], list[tuple[str, int]]]:
    """What is named in a text; its words; and its folded tokens, each with the number of its word.

    Names and other words whole, then written as one word, then surnames, then with a slip of the pen; longer ones first.
    """
    words = [word for word in text.split() if fold(word)]
    tokens = [(token, at) for at, word in enumerate(words) for token in stems(fold(word))]
    plain = [token for token, _ in tokens]
    spans: Spans = []
    find(spans, plain, LONGEST, lambda i, j: lexicon.likeliest(lexicon.whole.get(" ".join(plain[i:j]), ())))
    find(spans, plain, ABOUT, lambda i, j: as_one_word(plain[i:j], lexicon))
    find(spans, plain, ABOUT, lambda i, j: by_surname(plain, i, j, lexicon))
    spans = grown(spans, plain, lexicon)
    find(spans, plain, ABOUT, lambda i, j: slipped(plain[i:j], lexicon))
    return grown(spans, plain, lexicon), words, tokens


def find(spans: Spans, tokens: list[str], longest: int, meaning: Callable[[int, int], list[Term]]) -> None:
    """Adds what is meant by tokens that mean nothing yet, by many together before few."""
    for length in range(min(longest, len(tokens)), 0, -1):
        for i in range(len(tokens) - length + 1):
            j = i + length
            free = all(end <= i or j <= begin for begin, end, _ in spans)
            if free and (terms := meaning(i, j)):
                spans.append((i, j, terms))


def stems(folded: str) -> Iterator[str]:
    """The tokens of a folded word; "picassoesque" is two."""
    for token in folded.split():
        stem = token.removesuffix(ESQUE)
        yield from (stem, ESQUE) if stem and stem != token else (token,)


def as_one_word(piece: list[str], lexicon: Lexicon) -> list[Term]:
    """What is known that is written in fewer or more words ("vangogh", "art deco")."""
    key = joined("".join(piece))
    if len(key) < 6 or all(token in little("tie") for token in piece):
        return []
    return lexicon.likeliest(lexicon.one_word.get(key, ()))


def by_surname(tokens: list[str], begin: int, end: int, lexicon: Lexicon) -> list[Term]:
    """Whom a surname means; not that of another person ("harry potter"), and an ordinary word only where a name is said to follow."""
    key = " ".join(tokens[begin:end])
    terms = lexicon.likeliest(lexicon.surnames.get(key, ()))
    before, after = tokens[begin - 1 : begin], tokens[end : end + 1]
    if not terms or all(token in little("tie") for token in tokens[begin:end]):
        return []
    if key in ordinary() and not (little("before").intersection(before) or after[:1] in (["s"], [ESQUE], ["style"])):
        return []
    if before and before[0] not in little("tie") | little("not") and before[0] not in lexicon.whole:
        terms = [term for term in terms if alike(before[0], fold(term.name).split())]
    return terms


def slipped(piece: list[str], lexicon: Lexicon) -> list[Term]:
    """What is meant by words with a slip of the pen."""
    word = joined("".join(piece))
    if (
        not SHORTEST <= len(word) <= LONGEST_WORD
        or piece[-1] in little("tie") | little("not")
        or (piece[0] in little("tie") and piece[0] not in BEGINS)
    ):
        return []
    if all(token in ordinary() or token in lexicon.whole or token in lexicon.first_names for token in piece):
        return []
    if " ".join(piece) in lexicon.surnames:  # and not taken for one
        return []
    _, meanings = lexicon.slips.meant(word)
    return lexicon.likeliest([term for terms in dict.fromkeys(map(tuple, meanings)) for term in terms])


def grown(spans: Spans, tokens: list[str], lexicon: Lexicon) -> Spans:
    """The spans of painters with their first names beside them, misspelt or not ("claud monet")."""
    found: Spans = []
    spans = sorted(spans, key=lambda span: span[:2])
    for number, (begin, end, terms) in enumerate(spans):
        names = [name for term in terms if term.kind == "artist" for name in spoken(term, lexicon)]
        least = found[-1][1] if found else 0
        most = spans[number + 1][0] if number + 1 < len(spans) else len(tokens)
        while (
            names
            and begin > least
            and tokens[begin - 1] not in little("tie") | little("not")
            and alike(tokens[begin - 1], names)
        ):
            begin -= 1
        while names and end < most and tokens[end] not in little("tie") | little("not") and alike(tokens[end], names):
            end += 1
        found.append((begin, end, terms))
    return found


def spoken(term: Term, lexicon: Lexicon) -> list[str]:
    """The words of a painter's names."""
    entry = lexicon.entries.get(term)
    return [word for key in (entry.keys if entry else (fold(term.name),)) for word in key.split()]
