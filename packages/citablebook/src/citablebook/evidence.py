"""Where and for which claims each work is cited, and together with which other works: computed from the claims."""

from dataclasses import dataclass

from . import data
from .cache import while_unchanged
from .paths import DATA


@dataclass(frozen=True)
class Use:
    """How the paper uses a work.

    Attributes
    ----------
    claims : tuple of (str, str)
        Claims that cite it, each with its section of the paper.
    companions : tuple of str
        Citekeys of the works cited with it, those most often first.
    """

    claims: tuple[tuple[str, str], ...]
    companions: tuple[str, ...]


@while_unchanged(DATA)
def uses() -> dict[str, Use]:
    """Return how the paper uses each work it cites, by citekey."""
    cited = [
        (row["id"], row["section"], tuple(filter(None, row["works"].split(";"))))
        for row in data.load("claims").to_dict("records")
    ]
    found = {}
    for work in sorted({key for _, _, works in cited for key in works}):
        own = [(claim, section, works) for claim, section, works in cited if work in works]
        others = [key for _, _, works in own for key in works if key != work]
        companions = sorted(set(others), key=lambda key: (-others.count(key), key))
        found[work] = Use(tuple((claim, section) for claim, section, _ in own), tuple(companions))
    return found
