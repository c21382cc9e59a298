"""Tests of the paper's claims: small functions that take a figure to an outcome.

A test says of one or more claims whether data that can be computed on support them. It
stands in the module of the chapter that shows its computation, is a function without
arguments that returns a `Finding`, and is made known by `bears_on`. What is documented
and not computed, such as a date in a statute, is a row of `data/documented_tests.csv`.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

from citablebook import data

from . import rules

#: The modules with tests, in the order of the book.
MODULES = ("table1", "denominators", "scaling", "jobs", "kinds", "economy", "policy")

#: On what a documented test rests, from best to worst, in words for readers.
BASES = {
    "computed": "computed",
    "page": "a page of the source was read",
    "press": "by reports in the press",
    "abstract": "by the abstract",
    "quotation": "by a quotation",
    "general": "general knowledge, the source was not seen",
}


@dataclass(frozen=True)
class Finding:
    """What a test found.

    Attributes
    ----------
    outcome : str
        "supports", "against" or "undecided".
    statistic : str
        What was computed, in one or two sentences with the figures.
    reason : str
        How the rule leads from the figures to the outcome, in a sentence.
    brief, korean : str
        The statistic in one short line, in English and Korean; both are needed where the
        claim is on the verdict page.
    """

    outcome: str
    statistic: str
    reason: str
    brief: str = ""
    korean: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in rules.OUTCOMES:
            raise ValueError(
                f"'{self.outcome}' is no outcome of a test: use {', '.join(rules.OUTCOMES)}"
            )


@dataclass(frozen=True)
class ClaimTest:
    """A test of claims, before it is run.

    Attributes
    ----------
    name : str
        Name of the function, or of the row of `data/documented_tests.csv`.
    claims : tuple of str
        Claims to whose wording its outcome speaks, in the same direction.
    question : str
        What it asks of the data.
    run : callable
        Returns the `Finding`.
    part : str
        Which part of a claim, or which measure, it speaks to; empty for the whole.
    source : tuple of str
        Bundled tables that it reads.
    where : str
        Page and anchor where the computation is seen, from a chapter.
    same_place, same_time : bool
        Whether the data are of the country and of the period of which the claim speaks.
    selected : bool
        Whether the data are of a selected sample, such as performers of R&D only.
    basis : str
        A key of `BASES`.
    would_change : str
        What finding would turn the outcome.
    """

    name: str
    claims: tuple[str, ...]
    question: str
    run: Callable[[], Finding] = field(repr=False)
    part: str = ""
    source: tuple[str, ...] = ()
    where: str = ""
    same_place: bool = True
    same_time: bool = True
    selected: bool = False
    basis: str = "computed"
    would_change: str = ""


_registered: dict[str, ClaimTest] = {}


def signed(value: float, decimals: int = 1) -> str:
    """Return a number with its sign, typeset."""
    return f"{value:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def bears_on(
    *claims: str,
    question: str,
    source: tuple[str, ...],
    where: str,
    part: str = "",
    same_place: bool = True,
    same_time: bool = True,
    selected: bool = False,
    basis: str = "computed",
    would_change: str = "",
) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Return a decorator that makes a function known as a test of claims.

    Parameters
    ----------
    *claims : str
        Ids of claims.
    question, source, where, part, same_place, same_time, selected, basis, would_change
        As in `ClaimTest`.

    Raises
    ------
    ValueError
        If no claim or no table is named, or two tests have one name.
    """
    if not claims or not source:
        raise ValueError("a test names the claims it bears on and the tables it reads")

    def register(function: Callable[[], Finding]) -> Callable[[], Finding]:
        test = ClaimTest(
            function.__name__,
            claims,
            question,
            function,
            part,
            source,
            where,
            same_place,
            same_time,
            selected,
            basis,
            would_change,
        )
        known = _registered.get(test.name)
        if known and known.run.__module__ != function.__module__:
            raise ValueError(
                f"two tests are named '{test.name}', in {known.run.__module__} and"
                f" {function.__module__}: rename one"
            )
        _registered[test.name] = test
        return function

    return register


def documented() -> list[ClaimTest]:
    """Return the tests that are documented: rows of `data/documented_tests.csv`."""
    return [
        ClaimTest(
            name=row["id"],
            claims=tuple(row["claims"].split(";")),
            question=row["question"],
            run=lambda row=row: Finding(row["outcome"], row["found"], row["reason"]),
            part=row["part"],
            source=("documented_tests",),
            where=f"../data/documented_tests.html#documented-tests.{row['id'].replace('_', '-')}",
            basis=row["basis"],
            would_change=row["would_change"],
        )
        for row in data.load("documented_tests").to_dict("records")
    ]


def all_tests() -> list[ClaimTest]:
    """Return every test, computed ones first, in the order of the modules."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    order = {f"{__name__}.{module}": place for place, module in enumerate(MODULES)}
    computed = sorted(
        (test for test in _registered.values() if test.run.__module__ in order),
        key=lambda test: order[test.run.__module__],
    )
    return [*computed, *documented()]
