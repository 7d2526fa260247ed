"""Which side of the split a picture falls on: by what it shows and by who painted it, never by its file name."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from txst.data.names import canonical

# Of 256 bits. Among 3,437 paintings 41 pairs differ in less than 22% of their bits, 40 of them by one artist; among
# 2,200 photos 3 pairs, all in less than 5%. Two pictures that are not alike differ in 50%, give or take 3.3%.
CLOSE = 56


def near_duplicates(fingerprints: Sequence[str], close: int = CLOSE) -> list[int]:
    """Groups pictures whose fingerprints differ in at most `close` bits, and whatever these are close to in turn.

    Finds other sizes, compressions and photographs of one painting in full; not crops of it, nor details.

    Returns:
        For each picture the number of its group: the index of the first picture in it.
    """
    bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(fingerprints)), np.uint8)).reshape(len(fingerprints), -1)
    signs = bits.astype(np.float32) * 2 - 1  # [N, 256]; the product of two rows is 256 - 2 * (bits that differ)
    groups = np.arange(len(signs))
    for start in range(0, len(signs), 512):  # as many rows at a time: all pairs would fill the memory
        alike = signs[start : start + 512] @ signs[start:].T >= signs.shape[1] - 2 * close  # [512, N - start]
        pairs = groups[start + np.argwhere(alike)]  # [P, 2]
        graph = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(groups), len(groups)))
        labels = connected_components(graph, directed=False)[1]  # [N]
        groups = np.unique(labels, return_index=True)[1][labels][groups]
    return groups.tolist()


def sides(fingerprints: Sequence[str], names: Sequence[str], heldout: set[str], test: float) -> list[str]:
    """`train`, `test` or `heldout` for each picture; near-duplicates fall on one side.

    Args:
        fingerprints: of the pictures, see `pictures.inspect`.
        names: of their artists.
        heldout: artists whose pictures, and near-duplicates of these, are kept from training altogether.
        test: share of the other pictures to test on; groups are taken in the order of a hash until it is reached.
    """
    groups = defaultdict(list)
    for i, group in enumerate(near_duplicates(fingerprints)):
        groups[group].append(i)
    split = ["train"] * len(names)
    rest = []
    for members in groups.values():
        if any(names[i] in heldout for i in members):
            for i in members:
                split[i] = "heldout"
        else:
            rest.append((digest(min(fingerprints[i] for i in members)), members))
    room = round(test * sum(len(members) for _, members in rest))
    for _, members in sorted(rest):
        if len(members) <= room:
            room -= len(members)
            for i in members:
                split[i] = "test"
    return split


def hold_out_works(
    fingerprints: Sequence[str], names: Sequence[str], first: Sequence[bool], share: float = 0.3
) -> list[bool]:
    """Which works to keep from training, of each name about the same share; near-duplicates fall on one side.

    Args:
        fingerprints: of the pictures, see `pictures.inspect`.
        names: of their artists.
        first: works that are held out in any case, e.g. those that no painter was trained on; the others follow in
            the order of a hash until the share is reached.
        share: of each name's works.
    """
    groups = near_duplicates(fingerprints)
    members = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    order = {g: (not any(first[i] for i in m), digest(min(fingerprints[i] for i in m))) for g, m in members.items()}
    works, out = Counter(names), Counter[str]()
    held: set[int] = set()
    for group in sorted(members, key=order.__getitem__):
        painters = [names[i] for i in members[group]]
        if not order[group][0] or all(out[n] + 1 <= round(share * works[n]) for n in painters):
            held.add(group)
            out.update(painters)
    return [group in held for group in groups]


def choose_heldout(names: Sequence[str], number: int) -> set[str]:
    """Names to hold out: by hash, from the half with fewer works of those with 5 works at least."""
    counts = Counter(n for n in names if n)
    able = sorted((n for n in counts if counts[n] >= 5), key=lambda n: (counts[n], n))
    if len(able) < 2 * number:
        raise ValueError(f"cannot hold out {number} artists: only {len(able)} have 5 works, and half of them must stay")
    return set(sorted(able[: max(number, len(able) // 2)], key=digest)[:number])


def read_heldout(said: str) -> int | set[str]:
    """How many artists to hold out, or their names, if it is a file with one on each line."""
    if said.isdigit():
        return int(said)
    if not Path(said).is_file():
        raise ValueError(f"--holdout is {said!r}: neither a number of artists nor a file with their names")
    lines = Path(said).read_text(encoding="utf-8").splitlines()
    return {canonical(line) for line in lines if line.strip()}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
