"""Table 1 against the paper's print, and `SizeTable` against plain arithmetic."""

from math import inf, isclose, sqrt

import pandas as pd
import pytest
from cells import run_cells
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from citablebook import data
from smebook import repair, table1
from smebook.table1 import SizeTable

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

test_proportions_2indep.__test__ = False  # a function of statsmodels, not a test


def small_table(*rows: list[int]) -> SizeTable:
    """A table of three bands from whole numbers of innovations."""
    periods = [f"{1945 + 5 * i}-{49 + 5 * i}" for i in range(len(rows))]
    counts = pd.DataFrame(rows, index=periods, columns=["1-199", "200-499", "500+"])
    n = counts.sum(axis=1)
    return SizeTable(100 * counts.div(n, axis=0), n)


def share_between(*arguments):
    """The share between limits, as the chapter computes it."""
    return run_cells("proofreading-table-1").names["share_between"](*arguments)


@pytest.mark.parametrize("row", PRINT)
def test_every_value_is_as_printed(row):
    frame = data.load(table1.TABLE, as_text=True)
    assert list(frame.columns) == ["period", *BANDS, "n"]
    assert list(frame.set_index("period").loc[row]) == PRINT[row].split()


def test_the_rows_stand_in_the_printed_order():
    assert list(data.load(table1.TABLE)["period"]) == list(PRINT)


def test_the_printed_table_has_the_cells_and_not_the_margins():
    table = table1.printed()
    assert table.shares.to_numpy().tolist() == [CELLS[p][:7] for p in PERIODS]
    assert table.n.to_dict() == {p: int(CELLS[p][7]) for p in PERIODS}


def test_a_table_answers_from_itself():
    """Not with the paper's figures for its own periods and bands, as it once did."""
    table = small_table([99, 1, 0], [50, 25, 25])
    assert table.shares.at["1945-49", "1-199"] == 99
    assert table.counts.at["1945-49", "1-199"] == 99
    assert table.steps().at["1950-54", "change"] == -49
    assert table.leads(200).at["1945-49", "lead"] == 98


def test_innovations_per_year_know_the_length_of_the_period():
    per_year = table1.printed().per_year()
    assert per_year.at["1945-49", "all"] == 226 / 5
    assert per_year.at["1980-83", "all"] == 396 / 4
    assert per_year.at["1980-83", "1-199"] == 127 / 4
    assert table1.printed().years["middle"].iloc[[0, -1]].tolist() == [1947, 1981.5]


def test_steps_against_two_independent_binomials():
    table = repair.repaired()
    share = [42 / 226, 72 / 359]
    se = sqrt(sum(p * (1 - p) / n for p, n in zip(share, (226, 359), strict=True)))
    step = table.steps().loc["1950-54"]
    assert isclose(step["change"], 100 * (share[1] - share[0])) and isclose(step["se"], 100 * se)
    for before, after in zip(PERIODS, PERIODS[1:], strict=False):
        counts, n = table.counts["1-199"], table.n
        numbers = counts[after], n[after], counts[before], n[before]
        low, high = confint_proportions_2indep(*numbers, method="wald", compare="diff")
        assert isclose(table.steps().at[after, "se"], 100 * (high - low) / 2 / 1.959963984540054)


def test_leads_against_a_case_computed_by_hand():
    """258 against 245 of 823: variance (p + q - (p - q)^2) / n."""
    lead = repair.repaired().leads(1000, 9999).loc["1975-79"]
    assert (lead["own"], lead["others"]) == (258, 245)
    assert isclose(lead["lead"], 100 * 13 / 823)
    assert isclose(lead["se"], 100 * sqrt((503 / 823 - (13 / 823) ** 2) / 823))
    assert round(lead["z"], 2) == 0.58


def test_the_smallest_band_is_never_ahead_by_more_than_chance():
    table = repair.repaired()
    for limits in ((200, 999), (1000, 9999), (1000, inf), (200, inf)):
        assert table.leads(*limits)["z"].max() < 1.96
    assert table.leads(1000)["lead"].max() < 0


@given(st.lists(st.integers(0, 500), min_size=3, max_size=3).filter(sum))
def test_the_variance_of_a_lead_is_that_of_plus_one_minus_one_and_nothing(counts):
    """Each innovation counts +1, -1 or 0: the mean's variance by the definition."""
    own, near, far = counts
    values = [1] * own + [-1] * near + [0] * far
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / len(values)
    lead = small_table(counts).leads(200, 499).iloc[0]
    assert isclose(lead["lead"], 100 * mean, abs_tol=1e-9)
    assert isclose(lead["se"], 100 * sqrt(variance / len(values)), abs_tol=1e-6)


def test_leads_over_a_cut_band_are_refused():
    with pytest.raises(ValueError, match="200-499"):
        table1.printed().leads(250)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(sum), st.integers(2, 700))
def test_the_share_below_a_threshold_lies_in_its_range(counts, threshold):
    """Whatever the sizes within the bands, the true share lies between `low` and `high`."""
    ranges = share_between(small_table(counts), 1, threshold - 1).iloc[0]
    for sizes in ((1, 200, 500), (199, 499, 10**6)):  # all units at the bottom, or at the top
        below = sum(c for c, s in zip(counts, sizes, strict=True) if s < threshold)
        assert ranges["low"] - 1e-9 <= 100 * below / sum(counts) <= ranges["high"] + 1e-9


def test_limits_between_bands_leave_no_range():
    table = table1.printed()
    for low, high in ((1, 199), (200, 999), (1000, inf)):
        ranges = share_between(table, low, high)
        assert ranges["low"].equals(ranges["high"])
    cut = share_between(table, 1, 249).loc["1980-83"]
    assert (round(cut["low"], 1), round(cut["high"], 1)) == (32.1, 49.8)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_band_limits_are_read_back(low, width):
    assert table1.band_limits(f"{low}-{low + width}") == (low, low + width)
    assert table1.band_limits(f"{low}+") == (low, inf)


@pytest.mark.parametrize("label", ["", "small", "1\N{EN DASH}199", "-199", "200-"])
def test_an_odd_band_is_refused(label):
    with pytest.raises(ValueError, match="size band"):
        table1.band_limits(label)


@given(st.integers(1000, 2000), st.integers(0, 40))
def test_period_limits_are_read_back(first, length):
    last = first + length
    assert table1.period_limits(f"{first}-{last}") == (first, last)
    if last // 100 == first // 100:
        assert table1.period_limits(f"{first}-{last % 100:02}") == (first, last)


@pytest.mark.parametrize("label", ["", "1945", "45-49", "1945\N{EN DASH}49"])
def test_an_odd_period_is_refused(label):
    with pytest.raises(ValueError, match="period"):
        table1.period_limits(label)


def test_names_are_typeset():
    names = [table1.band_name(band) for band in BANDS]
    assert names[0] == "1\N{EN DASH}199" and names[3] == "1,000\N{EN DASH}9,999"
    assert names[-1] == "100,000+"
