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
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from citablebook import data
from citablebook.numbers import cell_id

from . import rules

#: The names of the sides on which figures can lie.
SIDES = {1: "above", 0: "neither", -1: "below"}
#: What is said of a finding.
WORDS = ["statistic", "reason", "brief", "korean"]


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
    rules : frozenset of str
        Rules whose parameters it depends on.
    """

    outcome: str
    statistic: str
    reason: str
    brief: str = ""
    korean: str = ""
    rules: frozenset[str] = frozenset()


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
    differs : tuple of str
        In what the data differ from what the claim is about: "place", "time", and
        "selected" for a selected sample, such as performers of R&D only.
    measure : str
        Module and function that measure it, "jobs.order_of_deaths"; empty if documented.
    row : mapping
        The row.
    """

    name: str
    claims: tuple[str, ...]
    question: str
    part: str
    source: tuple[str, ...]
    where: str
    basis: str
    would_change: str
    differs: tuple[str, ...]
    measure: str
    row: Mapping[str, str] = field(repr=False)

    def run(self) -> Finding:
        """Measure, and put what was found into words; what is documented is told as it is."""
        if not self.measure:
            return Finding(self.row["outcome"], self.row["found"], self.row["reason"])
        module, function = self.measure.split(".")
        measure = getattr(importlib.import_module(f"{__name__}.{module}"), function)
        with rules.recorded() as read:
            sign, figures = measure(*parts(self.row["given"]))
        table = data.load("test_words").query("words == @self.row['words']").set_index("found")
        said = table.reindex([SIDES[sign], "any"])[WORDS]  # of this side, else of any
        templates = said.where(said != "").bfill().iloc[0].fillna("")
        try:
            texts = {word: template.format(**figures) for word, template in templates.items()}
        except KeyError as error:
            raise ValueError(
                f"data/test_words.csv, '{self.row['words']}': {self.measure} gives no figure"
                f" {error}; it gives {', '.join(figures)}"
            ) from None
        return Finding(self.row[SIDES[sign]], **texts, rules=frozenset(read))


def parts(joined: str) -> tuple[str, ...]:
    """Return what a cell of data holds, separated by semicolons."""
    return tuple(filter(None, joined.split(";")))


def row_address(table: str, row: str) -> str:
    """Return the address of a row of a bundled table, from a chapter."""
    return f"../data/{table}.html#{cell_id(table, row)}"


def all_tests() -> list[ClaimTest]:
    """Return every test, computed ones first, in the order of the book."""
    documented = data.load("documented_tests").assign(source="documented_tests")
    documented["where"] = [row_address("documented_tests", row) for row in documented["id"]]
    documented = documented.assign(differs="", measure="")
    tables = data.load("computed_tests"), documented
    return [_test(row) for table in tables for row in table.to_dict("records")]


def _test(row: Mapping[str, str]) -> ClaimTest:
    told = ("question", "part", "where", "basis", "would_change", "measure")
    values: dict[str, Any] = {column: row[column] for column in told}
    values |= {column: parts(row[column]) for column in ("claims", "source", "differs")}
    return ClaimTest(name=row["id"], row=row, **values)


def run_all() -> dict[str, Finding]:
    """Return what every test finds, by name."""
    return {test.name: test.run() for test in all_tests()}


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
