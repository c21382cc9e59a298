"""Published tables as printed, and shapes of which no original was at hand, with their reading.

`layouts/sources.csv` says where each comes from, how it is read and what the verdict is. Of
the published tables figures and labels are kept; that one is inconsistent says what the
arithmetic of its copy says, and no more.
"""

import csv
from pathlib import Path

import pandas as pd
import pytest

from grimtable import DataError, audit, read_grids

LAYOUTS = Path(__file__).parent / "layouts"
SHAPES = LAYOUTS / "shapes"
with (LAYOUTS / "sources.csv").open(encoding="utf-8", newline="") as lines:
    SOURCES = {source["file"]: source for source in csv.DictReader(lines)}
PUBLISHED = {name: one for name, one in SOURCES.items() if one["origin"] == "published"}


@pytest.mark.parametrize("name", SOURCES)
def test_tables_are_read_as_printed(name):
    expected = SOURCES[name]
    if expected["refused"]:  # not auditable, and told so
        with pytest.raises(DataError) as error:
            audit(LAYOUTS / name)
        assert expected["refused"] in error.value.faults[0]
        return
    result = audit(LAYOUTS / name, time_limit=20)
    table = result.table
    assert (table.layout, len(table.groups), len(table.categories)) == (
        expected["layout"], int(expected["groups"]), int(expected["categories"]),
    )  # fmt: skip
    assert result.verdict == expected["verdict"]
    if expected["minimum"]:
        assert result.minimum == int(expected["minimum"]) and not result.doubts
    assert bool(result.doubts) is bool(expected["doubt"])
    assert expected["doubt"] in " ".join(result.doubts)
    assert all(len(line) <= 80 for line in str(result).splitlines())


def test_most_published_tables_go_in_as_printed():
    assert len(PUBLISHED) >= 40 and sum(not one["refused"] for one in PUBLISHED.values()) >= 30


def test_every_table_says_where_it_comes_from():
    folders = (LAYOUTS / "published", SHAPES)
    found = {f"{path.parent.name}/{path.name}" for folder in folders for path in folder.iterdir()}
    assert found == set(SOURCES)
    for source in PUBLISHED.values():
        assert source["work"] and source["table"] and source["address"].startswith("http")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("13-trial-design", "68 of 90 are 75.6 per cent, but 61"),
        ("26-tests-by-year", "No whole number of cases out of n = 64 is 27.3 per cent"),
        ("35-outcomes-by-patient", "93 of 399 are 23.31 per cent, but 13.3"),
        ("47-genotypes-in-two-cohorts", ""),
    ],
)
def test_what_is_said_of_a_published_value_is_its_arithmetic(name, words):
    result = audit(LAYOUTS / "published" / f"{name}.csv")
    messages = [finding.message for finding in result.results]
    assert any(words in message for message in messages) if words else not messages


def test_a_block_with_fewer_answers_than_cases_is_read_as_such_and_told():
    """Shares of those who answered were called wrong, because they are none of all cases."""
    table = (
        "Item,Drug (n=50)\nSex,\nWomen,20 (40.0)\nMen,30 (60.0)\nSmoker,\nYes,{}\nNo,27 (58.7)\n"
    )
    result = audit(table.format("19 (41.3)"))  # of 46
    assert result.verdict == "consistent" and "those that answered" in result.assumptions
    assert audit(table.format("19 (44.3)")).verdict == "inconsistent"
    whole = audit(table.replace("27 (58.7)", "31 (62.0)").format("19 (38.0)"))
    assert whole.verdict == "consistent" and "those that answered" not in whole.assumptions


def test_a_data_frame_is_read_like_its_file():
    frame = pd.read_csv(SHAPES / "row-percent-one-wrong.csv", dtype=str)
    one, two = audit(frame), audit(SHAPES / "row-percent-one-wrong.csv")
    assert one.repair.equals(two.repair) and one.minimum == 1
    numbers = pd.read_csv(SHAPES / "yes-percent.csv")
    assert audit(numbers).verdict == "consistent"
    assert audit(numbers.set_index("Year")).verdict == "consistent"


def test_the_layout_can_be_set():
    grid = read_grids(SHAPES / "total-percent.csv")[0]
    assert audit(grid, layout="total").verdict == "consistent"
    assert audit(grid, layout="column").table.layout == "column percentages"
    with pytest.raises(DataError):
        audit(grid, layout="diagonal")


def test_the_column_of_sizes_can_be_named():
    frame = pd.DataFrame(
        {"town": ["a", "b"], "yes, %": ["25.0", "50.0"], "households": ["12", "20"]}
    )
    assert audit(frame, n="households").verdict == "consistent"
    frame.loc[0, "yes, %"] = "26.0"
    assert audit(frame, n="households").verdict == "inconsistent"
