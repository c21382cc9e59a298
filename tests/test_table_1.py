"""Table 1 against the paper's print, and what is derived from it against plain arithmetic."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citablebook import data
from citablebook.numbers import rounded
from smebook import innovation_by_size as by_size
from smebook import tables
from smebook.figures import size

# Typed from the paper, independently of the CSV file.
BANDS = ["1-199", "200-499", "500-999", "1000-9999", "10000-29000", "30000-99999", "100000+"]
PRINT = {
    "1945-49": "18.6 9.3 8.8 48.7 11.5 0.9 2.2 226",
    "1950-54": "20.1 13.6 6.1 46.8 9.2 2.8 1.4 514",
    "1955-59": "17.9 14.0 11.5 39.7 11.9 2.7 2.3 514",
    "1960-64": "17.4 12.7 10.2 41.8 11.7 3.4 2.8 684",
    "1965-69": "21.4 14.2 11.4 37.9 9.2 3.3 2.6 720",
    "1970-74": "24.5 14.0 11.4 37.9 9.2 3.3 2.6 720",
    "1975-79": "31.3 13.6 13.0 29.8 8.3 2.7 1.3 823",
    "1980-83": "32.1 17.7 10.1 29.3 6.8 2.8 1.3 396",
    "total": "1025 605 480 1625 427 125 91 4387",
    "share": "23.4 13.8 11.0 37.1 9.8 2.9 2.1 100",
}
PERIODS = [row for row in PRINT if row[0] == "1"]
CELLS = {row: [float(cell) for cell in cells.split()] for row, cells in PRINT.items()}


@pytest.mark.parametrize("row", PRINT)
def test_every_value_is_as_printed(row):
    frame = data.load(by_size.TABLE, as_text=True)
    assert list(frame.columns) == ["period", *BANDS, "n"]
    assert list(frame.set_index("period").loc[row]) == PRINT[row].split()


def test_the_rows_stand_in_the_printed_order():
    assert list(data.load(by_size.TABLE)["period"]) == list(PRINT)


def test_sums_of_the_margins():
    assert by_size.sum_of_row_counts().value == sum(CELLS[p][7] for p in PERIODS) == 4597
    assert by_size.sum_of_band_totals().value == sum(CELLS["total"][:7]) == 4378
    assert by_size.row_count_surplus().value == 4597 - 4387


def test_recomputed_margins():
    margins = by_size.margins()
    for i, band in enumerate(BANDS):
        implied = sum(CELLS[p][i] * CELLS[p][7] / 100 for p in PERIODS)
        assert margins.at[band, "recomputed_total"] == pytest.approx(implied)
        assert margins.at[band, "recomputed_share"] == pytest.approx(100 * implied / 4597)
        assert margins.at[band, "share_of_printed_totals"] == pytest.approx(
            100 * CELLS["total"][i] / 4378
        )


def test_data_of_the_share_chart():
    shown = size.share_over_time(by_size.printed()).data
    assert [list(map(float, row)) for row in shown.drop(columns="period").values] == [
        CELLS[p][:7] for p in PERIODS
    ]


def test_data_of_the_grid_of_innovations():
    shown = size.innovations_by_period_and_band(by_size.printed()).data.set_index("period")
    for period in PERIODS:
        for i, band in enumerate(BANDS):
            implied = CELLS[period][i] * CELLS[period][7] / 100
            assert float(shown.at[period, by_size.band_name(band)]) == pytest.approx(
                implied, abs=0.0501
            )


def test_data_of_the_overtaking_chart():
    shown = size.overtaking(by_size.printed()).data
    expected = []
    for columns in ([1, 2], [3], [3, 4, 5, 6]):
        for period in PERIODS:
            larger = sum(CELLS[period][i] for i in columns)
            expected.append(
                (
                    CELLS[period][0],
                    round(larger + 1e-9, 1),
                    "yes" if CELLS[period][0] > larger else "no",
                )
            )
    found = [(float(a), float(b), c) for a, b, c in shown.iloc[:, 2:].itertuples(index=False)]
    assert found == expected


def test_data_of_the_chart_by_definition():
    shown = size.sme_share_by_definition(by_size.printed()).data
    us, eu, small = (
        shown[shown["Definition"].str.contains(limit)] for limit in ("500", "250", "199")
    )
    for frame, low, high in ((us, 2, 2), (eu, 1, 2), (small, 1, 1)):
        assert [float(v) for v in frame["At least, %"]] == [
            round(sum(CELLS[p][:low]) + 1e-9, 1) for p in PERIODS
        ]
        assert [float(v) for v in frame["At most, %"]] == [
            round(sum(CELLS[p][:high]) + 1e-9, 1) for p in PERIODS
        ]


def test_when_the_smallest_band_overtakes():
    assert by_size.first_overtaking("1-199", 1000, 9999) == "1975-79"
    assert by_size.first_overtaking("1-199", 200, 999) == "1975-79"
    assert by_size.first_overtaking("1-199", 1000) is None


def test_the_typeset_table_prints_both_margins():
    frame = tables.printed_table().frame.set_index("Period")
    assert list(frame.loc["printed total"])[:2] == ["1,025", "605"]
    assert frame.loc["recomputed from the cells", "Innovations"] == "4,597"
    assert frame.loc["1970\N{EN DASH}74", "1,000\N{EN DASH}9,999"] == "37.9"


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3), st.integers(1, 700))
def test_the_share_below_a_threshold_lies_in_its_range(counts, threshold):
    """Whatever the sizes within the bands, the true share lies between `low` and `high`."""
    if not sum(counts):
        counts[0] = 1
    bands = ["1-199", "200-499", "500+"]
    shares = pd.DataFrame(
        [[100 * c / sum(counts) for c in counts]], index=["1945-49"], columns=bands
    )
    ranges = (
        by_size.SizeTable(shares, pd.Series([sum(counts)], index=["1945-49"]))
        .share_below(threshold)
        .iloc[0]
    )
    for sizes in (
        (1, 200, 500),
        (199, 499, 10**6),
    ):  # every unit at the bottom, or at the top, of its band
        true = 100 * sum(c for c, s in zip(counts, sizes) if s < threshold) / sum(counts)
        assert ranges["low"] - 1e-9 <= true <= ranges["high"] + 1e-9


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_band_limits_are_read_back(low, width):
    assert by_size.band_limits(f"{low}-{low + width}") == (low, low + width)
    assert by_size.band_limits(f"{low}+") == (low, float("inf"))


@pytest.mark.parametrize("label", ["", "small", "1\N{EN DASH}199", "-199", "200-"])
def test_an_odd_label_is_refused(label):
    with pytest.raises(ValueError, match="size band"):
        by_size.band_limits(label)


@given(st.decimals(-(10**6), 10**6, places=4, allow_nan=False))
def test_rounding_is_half_up_on_the_printed_decimals(value):
    shown = rounded(float(value), 1)
    assert abs(shown - value) <= abs(value - value) + type(value)("0.05")
