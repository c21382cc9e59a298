"""Forty layouts of published tables, with made-up numbers, as files with their expected reading."""

import json
from pathlib import Path

import pandas as pd
import pytest

from grimtable import DataError, audit, read_grids

LAYOUTS = Path(__file__).parent / "layouts"
EXPECTED = json.loads((LAYOUTS / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_layouts_are_read_as_printed(name):
    expected = EXPECTED[name]
    if "refused" in expected:  # not auditable, and told so
        with pytest.raises(DataError) as error:
            audit(LAYOUTS / name)
        assert expected["refused"] in str(error.value) and "\n" not in str(error.value)
        return
    result = audit(LAYOUTS / name, time_limit=10)
    table = result.table
    assert (table.layout, len(table.groups), len(table.categories)) == (
        expected["layout"], expected["groups"], expected["categories"],
    )  # fmt: skip
    assert result.verdict == expected["verdict"]
    if "minimum" in expected:
        assert result.minimum == expected["minimum"] and not result.doubts
    assert bool(result.doubts) is ("doubt" in expected)
    assert expected.get("doubt", "") in " ".join(result.doubts)
    assert all(len(line) <= 80 for line in str(result).splitlines())


def test_at_least_thirty_of_forty_go_in():
    assert len(EXPECTED) == 40 == len(list(LAYOUTS.iterdir())) - 1
    assert sum("refused" not in one for one in EXPECTED.values()) >= 30


def test_a_data_frame_is_read_like_its_file():
    frame = pd.read_csv(LAYOUTS / "14-row-percent-one-wrong.csv", dtype=str)
    one, two = audit(frame), audit(LAYOUTS / "14-row-percent-one-wrong.csv")
    assert one.repair.equals(two.repair) and one.minimum == 1
    numbers = pd.read_csv(LAYOUTS / "15-yes-percent.csv")
    assert audit(numbers).verdict == "consistent"
    assert audit(numbers.set_index("Year")).verdict == "consistent"


def test_the_layout_can_be_set():
    grid = read_grids(LAYOUTS / "32-total-percent.csv")[0]
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
