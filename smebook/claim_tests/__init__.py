"""Tests of the paper's claims: how a figure becomes an outcome with its words.

A test says of one or more claims whether data that can be computed on support them. It is
a row of `data/computed_tests.csv`, which names what it measures: a function of a module of
this package, with what is given to it. The function returns on which side the figures lie,
1 (above), 0 (neither) or -1 (below), by the rules of `rules`, and the figures by name. The
row says what each side means for the claims, and `data/test_words.csv` puts the figures
into words. What is documented and not computed, such as a date in a statute, is a row of
`data/documented_tests.csv`.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from citablebook import data

from . import rules

#: The names of the sides on which figures can lie.
SIDES = {1: "above", 0: "neither", -1: "below"}
#: What is said of a finding.
WORDS = ("statistic", "reason", "brief", "korean")


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
        Id of the row of `data/computed_tests.csv` or `data/documented_tests.csv`.
    claims : tuple of str
        Claims to whose wording its outcome speaks, in the same direction.
    question : str
        What it asks of the data.
    part : str
        Which part of a claim, or which measure, it speaks to; empty for the whole.
    source : tuple of str
        Bundled tables that it reads.
    where : str
        Page and anchor where the computation is seen, from a chapter.
    basis : str
        "computed", or what was seen of the source.
    would_change : str
        What finding would turn the outcome.
    run : callable
        Returns the `Finding`.
    differs : tuple of str
        In what the data differ from what the claim is about: "place", "time", and
        "selected" for a selected sample, such as performers of R&D only.
    measure : str
        Module and function that measure it, "jobs.order_of_deaths"; empty if documented.
    """

    name: str
    claims: tuple[str, ...]
    question: str
    part: str
    source: tuple[str, ...]
    where: str
    basis: str
    would_change: str
    run: Callable[[], Finding] = field(repr=False)
    differs: tuple[str, ...] = ()
    measure: str = ""


def _parts(joined: str) -> tuple[str, ...]:
    return tuple(filter(None, joined.split(";")))


def _found(row: Mapping[str, str]) -> Finding:
    """Measure, and put what was found into words."""
    module, function = row["measure"].split(".")
    measure = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    sign, figures = measure(*_parts(row["given"]))
    table = data.load("test_words")
    words = table[table["words"] == row["words"]].set_index("found")
    said = [words.loc[found] for found in (SIDES[sign], "any") if found in words.index]
    try:
        texts = [
            next((each[word] for each in said if each[word]), "").format(**figures)
            for word in WORDS
        ]
    except KeyError as error:
        raise ValueError(
            f"data/test_words.csv, '{row['words']}': {row['measure']} gives no figure {error};"
            f" it gives {', '.join(figures)}"
        ) from None
    return Finding(row[SIDES[sign]], *texts)


def computed() -> list[ClaimTest]:
    """Return the tests that are computed: rows of `data/computed_tests.csv`."""
    return [
        ClaimTest(
            row["id"],
            _parts(row["claims"]),
            row["question"],
            row["part"],
            _parts(row["source"]),
            row["where"],
            row["basis"],
            row["would_change"],
            partial(_found, row),
            _parts(row["differs"]),
            row["measure"],
        )
        for row in data.load("computed_tests").to_dict("records")
    ]


def documented() -> list[ClaimTest]:
    """Return the tests that are documented: rows of `data/documented_tests.csv`."""
    return [
        ClaimTest(
            row["id"],
            _parts(row["claims"]),
            row["question"],
            row["part"],
            ("documented_tests",),
            f"../data/documented_tests.html#documented-tests.{row['id'].replace('_', '-')}",
            row["basis"],
            row["would_change"],
            partial(Finding, row["outcome"], row["found"], row["reason"]),
        )
        for row in data.load("documented_tests").to_dict("records")
    ]


def all_tests() -> list[ClaimTest]:
    """Return every test, computed ones first, in the order of the book."""
    return [*computed(), *documented()]


def run(name: str) -> Finding:
    """Return what the test of a name finds.

    Raises
    ------
    ValueError
        If there is no such test.
    """
    for test in all_tests():
        if test.name == name:
            return test.run()
    raise ValueError(f"there is no test '{name}' in data/computed_tests.csv")
