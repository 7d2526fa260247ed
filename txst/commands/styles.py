"""txst styles: the styles that a model knows by name, as a list or painted; and the user's own styles."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from txst.commands.paint import SAMPLE
from txst.commands.pictures import find_photos
from txst.commands.style_sheets import sheets, works
from txst.model_folder.hub import model_folder
from txst.palette.looks import LOOKS
from txst.palette.lookup import Palette
from txst.palette.spelling import fold
from txst.palette.tables import Term
from txst.palette.user_styles import forget

SINGULAR = {
    "artists": "artist",
    "movements": "movement",
    "media": "medium",
    "cartoons": "cartoon",
    "textures": "texture",
}  # as tables call kinds
NO_MOVEMENT = "other movements"
OWN = ("add", "remove")
FAMOUS = (  # that come first
    "vincent van gogh", "claude monet", "katsushika hokusai", "edvard munch", "gustav klimt", "rembrandt van rijn", "johannes vermeer",
    "joseph mallord william turner", "paul cezanne", "georges seurat", "wassily kandinsky", "egon schiele", "alphonse mucha", "paul gauguin",
    "henri matisse", "amedeo modigliani", "albrecht durer", "caspar david friedrich", "utagawa hiroshige", "pierre auguste renoir",
)  # fmt: skip


def model_option() -> argparse.ArgumentParser:
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument(
        "--model",
        default=argparse.SUPPRESS,
        help="painter (the default), small, a model folder, or org/name on the Hugging Face hub",
    )
    return model


def parser() -> argparse.ArgumentParser:
    model = model_option()
    p = argparse.ArgumentParser(
        prog="txst styles",
        description="Lists the styles that a model knows by name, or the works of one.",
        epilog="your own styles, made without training: txst styles add NAME PICTURES..., txst styles remove NAME",
        parents=[model],
    )
    p.add_argument("name", nargs="?", help="one style: --sheet paints a photo after each of its works that differ")
    p.add_argument(
        "--sheet",
        nargs="?",
        type=Path,
        const=SAMPLE,
        metavar="PHOTO",
        help="paint a photo in all styles, or in all variations of one",
    )
    p.add_argument("--find", metavar="TEXT", help="list only styles with this in their name, spellings or movement")
    p.add_argument("-o", "--out", type=Path, default=Path("outputs/styles"), help="folder for the sheets")
    return p


def own_parser() -> argparse.ArgumentParser:
    """Of what changes the user's own styles."""
    model = model_option()
    p = argparse.ArgumentParser(prog="txst styles", parents=[model])
    own = p.add_subparsers(dest="do", required=True)
    add = own.add_parser("add", parents=[model], help="make a style from pictures, without training")
    add.add_argument("name")
    add.add_argument("pictures", nargs="+", type=Path, help="pictures, or folders of pictures")
    remove = own.add_parser("remove", parents=[model], help="remove such a style")
    remove.add_argument("name")
    return p


def run(argv: Sequence[str]) -> int:
    """Lists, paints, adds or removes styles; returns the exit code."""
    changes = any(word in OWN for word in argv)
    args = (own_parser() if changes else parser()).parse_args(argv)
    if not changes and args.find and (args.name or args.sheet):
        raise ValueError("--find looks for names in the list: it goes with neither a style nor --sheet")

    from txst import Stylist

    model = getattr(args, "model", None)
    if changes and args.do == "remove":  # without opening the model: damaged codes of a style would prevent it
        print(f"{forget(args.name, model_folder(model))!r} was removed")
        return 0
    stylist = Stylist.from_pretrained(model)
    if changes:
        pictures = [found.path for found in find_photos(args.pictures)]
        if not pictures:
            raise ValueError(f"found no pictures in {', '.join(map(str, args.pictures))}")
        file = stylist.styles.teach(args.name, pictures)
        print(f"added the style {args.name!r} from {len(pictures)} picture{'s' * (len(pictures) > 1)}: {file}")
    elif stylist.painter.palette is None:
        raise ValueError(
            "this model has no list of styles: it reads any text, or it needs a style picture (--style-image)"
        )
    elif args.name is not None:
        for line in works(stylist, args.name, args.sheet, args.out):
            print(line)
    elif args.sheet:
        for file in sheets(stylist, kinds(stylist.painter.palette), args.sheet, args.out):
            print(file)
    else:
        lines = list(listed(stylist.painter.palette, args.find or ""))
        if not lines:
            raise ValueError(f"no style has {args.find!r} in its name, spellings or movement; `txst styles` lists all")
        print("\n".join(lines))
    return 0


def kinds(palette: Palette) -> dict[str, list[str]]:
    """Kind of style -> the names that the palette knows."""
    held = palette.lexicon.held
    found = {
        "yours": list(palette.taught),
        "artists": sorted(held["artist"], key=lambda name: (rank(name), name)),
        "movements": palette.movements,
    }
    found |= {"media": sorted(held["medium"]), "cartoons": sorted(held["cartoon"]), "textures": sorted(held["texture"])}
    if palette.fits is not None:
        found["words"] = [word for words in LOOKS.values() for word in words]
    return {kind: names for kind, names in found.items() if names}


def shown_first(palette: Palette, count: int) -> list[str]:
    """Names for a small choice of pictures: the user's own, famous painters, media, movements, and then whatever there is."""
    found = kinds(palette)
    found.pop("words", None)
    names = found.get("yours", []) + [name for name in FAMOUS if name in found.get("artists", ())]
    names = [
        *names[: count * 3 // 4],
        *found.get("media", []),
        *names,
        *(name for some in found.values() for name in some),
    ]
    return list(dict.fromkeys(names))[:count]


def listed(palette: Palette, text: str = "") -> Iterator[str]:
    """A line for each style that is looked for, artists by their movement. Names have the number of their training pictures."""
    counts = palette.counts()
    for kind, names in kinds(palette).items():
        groups = search(palette, kind, names, text)
        total = sum(map(len, groups.values()))
        if total:
            yield f"{kind} ({total}" + (")" if kind == "words" else "; each with the number of its pictures)")
        for group, some in groups.items():
            if group:
                yield f" {group} ({len(some)})"
            yield from (f"  {name}" + ("" if kind == "words" else f"  {counts[name]}") for name in some)


def search(palette: Palette, kind: str, names: Sequence[str], text: str) -> dict[str, list[str]]:
    """Movement -> those of some artists that are looked for; of other kinds all under "". Movements of the famous come first.

    Args:
        palette: that has them.
        kind: of the names, as `kinds` calls it.
        names: the famous ones first.
        text: what is looked for in names, spellings and movements; empty finds all.
    """
    wanted, counts = fold(text), palette.counts()
    groups: dict[str, list[str]] = {}
    for name in names:
        term = Term(SINGULAR.get(kind, kind), name)
        entry = palette.lexicon.entries.get(term)
        group = (entry.movement if entry and entry.movement else NO_MOVEMENT) if kind == "artists" else ""
        if any(wanted in key for key in (fold(name), fold(group), *(entry.keys if entry else ()))):
            groups.setdefault(group, []).append(name)
    if kind == "artists":
        for some in groups.values():
            some.sort(key=lambda name: (rank(name), -counts[name]))
    return dict(sorted(groups.items(), key=lambda group: (group[0] == NO_MOVEMENT, rank(group[1][0]), -len(group[1]))))


def rank(name: str) -> int:
    """Of the famous the place among them; the others come after."""
    return FAMOUS.index(name) if name in FAMOUS else len(FAMOUS)
