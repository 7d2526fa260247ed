"""A palette: codes of real paintings, kept under names. A text picks one painting's code with a little of its neighbours'.

The mean of all of an artist's paintings is bland; one of them, typical and in colour, is not.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from txst.data.names import tidy
from txst.palette import spelling
from txst.palette.codes import Array, different, mixed
from txst.palette.lexicon import Lexicon, lexicon_of
from txst.palette.looks import LOOKS
from txst.palette.prompt import read, within_reach
from txst.palette.reading import Part, Reading
from txst.palette.tables import Term

LONGEST = 200  # characters of a name
CERTAINTY = 10.0  # score that a cosine of 1 is worth
LEAN = 0.8  # how far a code goes from the name's works to those of the whole palette that have a look
LIKELY = 0.1  # score from which on it is said what a text may mean
LOOKING = 2  # works that show what a look is
ALONE = "vivid"  # a look that one work shows: the mean of works in many colours is grey

REMEDY = "To paint in the nearest style, say so (nearest=True)"


class Palette:
    """Text -> code.

    Args:
        codes: [N, D], unit length.
        names: of artists and of textures.
        movements: of painting.
        name: [N], index in `names`.
        movement: [N], index in `movements`, or -1.
        score: [N], how well the painting stands for its name.
        textures: those of the names that are no artist's.
        blend: codes that are mixed: the chosen one and its nearest among those that it was chosen from.
        fits: (text, codes [n, D]) -> cosines [n] between what the text says and how a code looks; None knows names alone.
        embed: text -> its code [D], unit length, where texts and pictures have codes of one kind (CLIP); None paints by pictures alone.
    """

    def __init__(
        self,
        codes: Array,
        names: Sequence[str],
        movements: Sequence[str],
        name: NDArray[np.int64],
        movement: NDArray[np.int64],
        score: Array,
        textures: Sequence[str] = (),
        blend: int = 3,
        fits: Callable[[str, Array], Array] | None = None,
        embed: Callable[[str], Array] | None = None,
    ) -> None:
        fits_names = len(codes) == len(score) == len(name) == len(movement) > 0 and codes.ndim == 2
        if not fits_names or not within(name, 0, names) or not within(movement, -1, movements):
            raise ValueError(f"{len(codes)} codes do not fit the palette's {len(names)} names")
        check_names(names, name)
        check_names(movements, movement)
        check_names(textures)
        if type(blend) is not int or blend < 1:
            raise ValueError(f"blend is {blend!r}; it is a whole number of codes, 1 or more")
        self.codes, self.names, self.movements = codes, list(names), list(movements)
        self.name, self.movement, self.score = name, movement, score
        self.textures, self.blend, self.fits, self.embed = list(textures), blend, fits, embed
        self.taught: dict[str, Array] = {}  # names that a user added -> codes [n, D]
        self.elsewhere: Callable[[str], str | None] = lambda _: None  # a name -> why it is another model's alone

    def text(self, prompt: str, variation: int = 0, nearest: bool = False) -> Array:
        """Text -> code [D], unit length.

        Args:
            prompt: artists, movements, media or textures, in the spellings of `txst.palette.lexicon`, mixed if there are several;
                words for how the picture shall look; or both. `describe` tells what of it is used.
            variation: 0 takes the painting that fits best, 1 the next of those that differ from it, and so on; of several names one that
                has fewer begins again.
            nearest: take what comes nearest where the palette has nothing of what is asked for, or nothing in the prompt is known.

        Raises:
            ValueError: nothing in the prompt is known; the palette has nothing of what it names; a name in it is several painters';
                a weight is none; there are not so many variations. It says what is near.
        """
        options = self.options(prompt, nearest)
        chosen = [different(codes, fit, variation + 1) for codes, fit, _ in options]
        if variation >= (most := max(map(len, chosen))):
            raise ValueError(
                f"there is no variation {variation} of {prompt!r}: {most} differ, which are 0 to {most - 1}"
            )
        picked = [
            self.pick(codes, rows[variation % len(rows)]) for (codes, *_), rows in zip(options, chosen, strict=True)
        ]
        code = self.leaning(mixed(picked, [weight for *_, weight in options]), self.read(prompt, nearest))
        return np.asarray(code / np.linalg.norm(code), np.float32)

    def describe(self, prompt: str, nearest: bool = False) -> str:
        """One line: what is understood of a prompt, and what in it is not used."""
        reading = self.read(prompt, nearest)
        if nearest and not reading.parts and not reading.refused:
            ((_, fit, _),) = self.options(prompt, nearest)
            return f'"{prompt.strip()}" as {self.names[self.name[int(fit.argmax())]]}, which comes nearest'
        return reading.describe()

    def read(self, prompt: str, nearest: bool = False) -> Reading:
        """What is understood of a prompt."""
        return read(prompt, self.lexicon, nearest)

    def variations(self, prompt: str, nearest: bool = False) -> int:
        """How many works a prompt can be painted after that differ; raises as `text` does."""
        return max(len(different(codes, fit, len(codes))) for codes, fit, _ in self.options(prompt, nearest))

    def pick(self, codes: Array, row: int) -> Array:
        """The code [D] of a row, with a little of its nearest among those [n, D] that it is chosen from."""
        near = codes @ codes[row]
        among = np.argsort(-near, kind="stable")[: self.blend]
        weights = np.exp((near[among] - near[among].max()) / 0.1)
        return weights @ codes[among]

    def find(self, prompt: str, nearest: bool = False) -> tuple[Array, Array]:
        """The codes [n, D] that a prompt may mean, and how well each fits, [n]."""
        codes, fits, _ = zip(*self.options(prompt, nearest), strict=True)
        return np.concatenate(codes), np.concatenate(fits)

    def options(self, prompt: str, nearest: bool) -> list[tuple[Array, Array, float]]:
        """For each name that a prompt mixes the codes [n, D] that it may mean, how well each fits [n], and its weight."""
        reading = self.read(prompt, nearest)
        if not nearest and not reading.sure:
            for why in filter(None, map(self.elsewhere, (prompt, *reading.unknown))):
                raise ValueError(why)
        if reading.refused:
            helps = not self.read(prompt, True).refused
            raise ValueError("; ".join(reading.refused) + (f". {REMEDY}" if helps else ""))
        if not reading.parts and not nearest:
            near = spelling.nearest(prompt, self.known)
            how, near = ("in spelling", near) if near else ("in meaning", self.alike(prompt))
            offered = f"; the nearest {how}: {', '.join(near)}" if near else ""
            raise ValueError(f"this model knows no style {prompt!r}{offered}. {REMEDY}")
        options = [(*self.among(part), part.weight or 0.0) for part in reading.named] or [(self.codes, self.score, 1.0)]
        if not reading.parts and self.fits is not None:
            return [(codes, fit + CERTAINTY * self.fits(tidy(prompt), codes), share) for codes, fit, share in options]
        return [(codes, fit + self.steered(reading.looks, codes), share) for codes, fit, share in options]

    def among(self, part: Part) -> tuple[Array, Array]:
        """The codes [n, D] that a part of a prompt may mean, and their scores [n]."""
        codes, scores = zip(*(self.held_of(term) for term in part.source.terms if term.kind != "look"), strict=True)
        return np.concatenate(codes), np.concatenate(scores)

    def held_of(self, term: Term) -> tuple[Array, Array]:
        """The codes of a term and their scores; of a text its one."""
        if term.kind == "text" and self.embed is not None:
            return self.embed(term.name)[None], np.zeros(1, np.float32)
        return self.under(term.name)

    def steered(self, looks: Sequence[Part], codes: Array) -> Array:
        """How much better codes [n, D] fit for their looks, [n]: those that are asked for in one text, those that shall not be in one each."""
        wanted = [LOOKS[term.name][0] for part in looks if not part.away for term in part.source.terms]
        fit = np.zeros(len(codes), np.float32)
        if self.fits is None:
            return fit
        if wanted:
            strength = sum(part.weight or 0.0 for part in looks if not part.away) / sum(not part.away for part in looks)
            fit += CERTAINTY * strength * self.fits(", ".join(wanted), codes)
        for part in looks:
            if part.away:
                fit -= CERTAINTY * (part.weight or 0.0) * self.fits(LOOKS[part.term.name][0], codes)
        return fit

    def leaning(self, code: Array, reading: Reading) -> Array:
        """A code [D] of what is named, moved to the works of the palette that have the looks that are asked for; far where it has few itself."""
        wanted = [part for part in reading.looks if not part.away]
        if self.fits is None or not wanted or not reading.named:
            return code
        strength = min(1.0, sum(part.weight or 0.0 for part in wanted) / len(wanted))
        names = [term.name for part in wanted for term in part.source.terms]
        fit = self.fits(", ".join(LOOKS[name][0] for name in names), self.codes)
        shown = self.codes[np.argsort(-fit, kind="stable")[: 1 if ALONE in names else LOOKING]].mean(0)
        unit = [one / np.linalg.norm(one) for one in (code, shown)]
        return np.asarray(mixed([one[None] for one in unit], [1 - LEAN * strength, LEAN * strength])[0], np.float32)

    def alike(self, prompt: str, count: int = 3) -> list[str]:
        """What a text may mean that the palette has pictures of or makes pictures look like, the likeliest first."""
        held = {(kind, name) for kind, names in self.lexicon.held.items() for name in names}
        likely = [guess for guess in within_reach(prompt, self.lexicon) if guess.score >= LIKELY]
        terms = [
            guess.term for guess in likely if guess.term.kind == "look" or (guess.term.kind, guess.term.name) in held
        ]
        return [term.name for term in terms[:count]]

    def add(self, name: str, codes: Array) -> None:
        """Takes up a name with codes [n, D], in place of those that it had."""
        width = self.codes.shape[1]
        if codes.ndim != 2 or not len(codes) or codes.shape[1] != width or not np.isfinite(codes).all():
            raise ValueError(f"codes {codes.shape} where this model has [n, {width}], finite")
        sizes = np.linalg.norm(codes, axis=1, keepdims=True).clip(1e-6)
        self.taught[name] = np.asarray(codes / sizes, np.float32)

    @property
    def lexicon(self) -> Lexicon:
        """The words that this palette understands."""
        counts = self.counts()
        names = sorted(self.names, key=lambda name: -counts[name])
        kinds = (tuple(self.taught), tuple(names), tuple(self.movements), tuple(self.textures))
        return lexicon_of(*kinds, looks=self.fits is not None, open=self.embed is not None)

    @property
    def known(self) -> list[str]:
        return [*self.taught, *self.names, *self.movements]

    def named(self, prompt: str) -> str | None:
        """The one name or movement that is meant; None where it is none, or several."""
        names = [
            term.name for part in self.read(prompt).named for term in part.source.terms if part.source.how == "own"
        ]
        return names[0] if len(names) == 1 else None

    def under(self, known: str) -> tuple[Array, Array]:
        """The codes under a name or a movement, and their scores; of those taught the most like the others has the most."""
        if known in self.taught:
            codes = self.taught[known]
            return codes, codes @ codes.mean(0)
        owner, kind = (self.name, self.names) if known in self.names else (self.movement, self.movements)
        rows = np.flatnonzero(owner == kind.index(known))
        return self.codes[rows], self.score[rows]

    def counts(self) -> dict[str, int]:
        """Every name and movement -> its number of codes."""
        found = Counter(self.names[i] for i in self.name)
        found |= Counter(self.movements[i] for i in self.movement if i >= 0)
        return found | {name: len(codes) for name, codes in self.taught.items()}


def within(index: NDArray[np.int64], least: int, names: Sequence[str]) -> bool:
    return least <= index.min() and index.max() < len(names)


def check_names(names: Sequence[str], index: NDArray[np.int64] | None = None) -> None:
    """Refuses what are no names, and names that no code is kept under."""
    if not isinstance(names, list | tuple):
        raise ValueError(f"the names of a palette are a list, not {names!r:.80}")
    for name in names:
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > LONGEST:
            raise ValueError(
                f"{name!r:.80} is no name of a style: text that can be printed, {LONGEST} characters at most"
            )
    if index is not None and (bare := set(range(len(names))) - set(index.tolist())):
        raise ValueError(f"the palette has no code of {names[min(bare)]!r}")
