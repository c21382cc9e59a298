"""What is proved, against brute force, on random tables, and under any deadline."""

import functools
import itertools
import random
import re
import time
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_tables import (
    COUNT,
    SHARE,
    TOTAL,
    adjusted_shares,
    corrupted,
    cross_table,
    medical_table,
    printed_share,
    random_counts,
)

from grimtable import DataError, Table, audit
from grimtable.layout import table_of
from grimtable.numbers import PrintedNumber
from grimtable.reading import Grid
from grimtable.repair import smallest_repair
from grimtable.tables import Reading

SLOW = settings(
    deadline=None, max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True
)


def read(grid) -> Table:
    return table_of(Grid("table", grid))


def honoured(text, count, total):
    """Whether a count of a total rounds, to nearest, to a printed percentage."""
    if not total:
        return Fraction(text) == 0
    decimals = len(text.partition(".")[2])
    return abs(Fraction(100 * count, total) - Fraction(text)) <= Fraction(1, 2 * 10**decimals)


@functools.cache
def brute_force(grid, most):
    """Smallest sets of wrong values and reach of every count, by trying all counts up to `most`."""
    names, body, total, share = grid[0][1:-1], grid[1:-2], grid[-2], grid[-1]
    best, sets, reach = 10**9, set(), {}
    lines = list(itertools.product(range(most + 1), repeat=len(names)))
    for chosen in itertools.product(lines, repeat=len(body)):
        wrong = set()
        for printed, line in zip(body, chosen, strict=True):
            n = sum(line)
            wrong |= {
                (printed[0], name)
                for name, text, c in zip(names, printed[1:-1], line, strict=True)
                if not honoured(text, c, n)
            }
            if n != int(printed[-1]):
                wrong.add((printed[0], COUNT))
            if len(wrong) > best:
                break
        if len(wrong) > best:
            continue
        totals = [sum(line[j] for line in chosen) for j in range(len(names))]
        grand = sum(totals)
        for j, name in enumerate(names):
            if totals[j] != int(total[j + 1]):
                wrong.add((TOTAL, name))
            if not honoured(share[j + 1], totals[j], grand):
                wrong.add((SHARE, name))
        if grand != int(total[-1]):
            wrong.add((TOTAL, COUNT))
        if len(wrong) < best:
            best, sets, reach = len(wrong), set(), {}
        if len(wrong) == best:
            sets.add(frozenset(wrong))
            for i, line in enumerate(chosen):
                for name, value in zip([*names, COUNT], [*line, sum(line)], strict=True):
                    low, high = reach.get((body[i][0], name), (value, value))
                    reach[body[i][0], name] = min(low, value), max(high, value)
    return best, sets, reach


@pytest.mark.book
@pytest.mark.parametrize(("rows", "columns", "most"), [(2, 2, 9), (3, 2, 4), (2, 3, 4)])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("whole", [True, False])
def test_minimum_sets_and_ranges_agree_with_brute_force(
    rows, columns, most, seed, whole, monkeypatch
):
    if not whole:  # without the search for row counts, the general search must say the same
        monkeypatch.setattr("grimtable.repair.cross_table", lambda table, reading: None)
    counts = random_counts(100 * seed + rows, rows, columns, 4)
    grid, _ = corrupted(cross_table(counts, seed % 2), seed, 1 + seed % 3)
    result = audit(Grid("table", grid), exhaustive=True)
    best, sets, reach = brute_force(tuple(map(tuple, grid)), most)
    ranges = result.count_ranges()
    if not ranges or max(own[COUNT][1] for own in ranges.values()) > most:
        assert result.minimum <= best  # brute force has not looked far enough
        return
    assert result.minimum == best
    found = {frozenset(result.table.values[i].place for i in one) for one in result.search.sets}
    assert found == sets
    assert result.unique is (len(sets) == 1)
    for (row, column), ends in reach.items():
        assert ranges[row][column] == ends


sizes = st.tuples(st.integers(2, 9), st.integers(2, 7))


@SLOW
@given(
    sizes,
    st.integers(0, 10**6),
    st.sampled_from([3, 40, 400]),
    st.integers(0, 2),
    st.sampled_from(["half-up", "half-even"]),
)
def test_tables_printed_from_counts_are_consistent(size, seed, most, decimals, rounding):
    counts = random_counts(seed, *size, most)
    result = audit(Grid("table", cross_table(counts, decimals, rounding)))
    assert result.verdict == "consistent" and [f for f in result.results if not f.is_hint] == []
    ranges = result.count_ranges()
    for i, row in enumerate(counts):
        for j, value in enumerate(row):
            low, high = ranges[f"r{i}"][f"b{j}"]
            assert low <= value <= high


@SLOW
@given(sizes, st.integers(0, 10**6), st.sampled_from([30, 120]), st.integers(1, 4))
def test_the_truth_is_never_excluded(size, seed, most, number):
    counts = random_counts(seed, *size, most)
    grid, changed = corrupted(cross_table(counts), seed, number)
    result = audit(Grid("table", grid), time_limit=3)
    assert result.lower_bound <= number
    if result.minimum == number and result.search.complete:
        found = [{result.table.values[i].place for i in one} for one in result.search.sets]
        assert set(changed) in found
        ranges = result.count_ranges() if result.counts_settled else {}
        assert not ranges or all(
            a <= c <= b
            for i, row in enumerate(counts)
            for j, c in enumerate(row)
            for a, b in [ranges[f"r{i}"][f"b{j}"]]
        )


@SLOW
@given(st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_medical_tables(seed, number, integers):
    counts = [[c + 1 for c in row] for row in random_counts(seed, 3, 4, 60)]
    grid = medical_table(counts, 0 if integers else 1)
    result = audit(Grid("table", grid))
    assert result.verdict == "consistent" and result.table.layout == "column percentages"
    row, column = 1 + seed % 4, 1 + seed % 3
    count, _, rest = grid[row][column].partition(" ")
    grid[row][column] = f"{int(count) + number} {rest}"
    result = audit(Grid("table", grid))
    if number:  # the count no longer adds up, whatever its percentage says
        assert result.verdict == "inconsistent" and result.minimum == 1
        assert {result.table.values[i].place for i in result.search.always} == {
            (grid[row][0], f"Arm {column - 1} [n]")
        }
        assert list(result.repair["repaired"]) == [count]
    else:
        assert result.verdict == "consistent"


@pytest.mark.book
@pytest.mark.parametrize("limit", [0.05, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_only_what_is_proved_is_said_under_any_deadline(limit, seed):
    """Out of time, no sound value was ever accused."""
    counts = random_counts(seed, 12, 8, 90)
    grid, changed = corrupted(cross_table(counts), seed, 7)
    start = time.monotonic()
    result = audit(Grid("table", grid), time_limit=limit)
    assert time.monotonic() - start < limit + 1.5
    assert result.lower_bound <= 7
    if result.minimum is None:
        assert (
            result.edits == ()
            and result.always_wrong == []
            and result.unique is None
            and result.count_ranges() == {}
        )
        assert "->" not in str(result) and "in every" not in str(result)
    for edit in result.edits:
        if edit.low is not None and result.unique:
            assert result.table.values[edit.value].place in changed or result.minimum < 7


@pytest.mark.parametrize("limit", [0.0001, 0.02, 0.2])
def test_a_clean_table_is_never_called_wrong(limit):
    """When time runs out, a clean table is not settled."""
    counts = random_counts(8, 19, 11, 30)
    result = audit(Grid("table", cross_table(counts, 0)), time_limit=limit)
    assert result.verdict in ("consistent", "not settled") and result.lower_bound == 0
    assert result.verdict == "consistent" or "Not settled" in str(result)


def test_lower_bound_equal_to_the_minimum_is_a_proof():
    """Two-column tables with four errors and more are settled."""
    settled = 0
    for seed in range(4):
        grid, _ = corrupted(cross_table(random_counts(seed, 6, 2, 90)), seed, 4)
        result = audit(Grid("table", grid), time_limit=20)
        settled += result.minimum is not None
        assert result.minimum is None or result.minimum == result.lower_bound
        assert "at least 4 of 34 printed values must be wrong; how many" not in str(result)
    assert settled == 4


def test_yes_percentages_cost_one_error_and_not_two():
    grid = [
        ["region", "n", "yes, %"],
        ["a", "91", "42.9"],
        ["b", "84", "38.1"],
        ["c", "57", "50.9"],
    ]
    assert audit(Grid("table", grid)).verdict == "consistent"
    grid[1][2] = "42.8"  # 39 of 91 are 42.86
    result = audit(Grid("table", grid))
    assert (result.minimum, result.unique) == (1, False)


def test_assumptions_are_said_first():
    """What is proved is proved under assumptions, which the report states."""
    text = " ".join(str(audit(Grid("table", cross_table([[5, 6], [7, 8]])))).split())
    assert "Assumed: whole, unweighted cases" in text and "rounded to nearest" in text
    assert text.index("Assumed") < text.index("Read as")


def with_rows(rows, counts):
    grid = cross_table(counts)
    return [
        grid[0],
        *([name, *shares, n] for (name, *_, n), shares in zip(grid[1:-2], rows, strict=True)),
        *grid[-2:],
    ]


def test_percentages_adjusted_to_100_are_recognised():
    """Last digits adjusted so that every row adds to 100 are no errors."""
    counts = random_counts(3, 9, 6, 300)
    grid = with_rows([adjusted_shares(row) for row in counts], counts)
    result = audit(Grid("table", grid))
    assert result.verdict == "inconsistent" and any("adjusted" in doubt for doubt in result.doubts)
    assert "no value is called wrong" in " ".join(str(result).split()) and "->" not in str(result)
    assert audit(Grid("table", grid), rounding="adjusted").verdict == "consistent"


def test_percentages_cut_off_are_recognised():
    counts = random_counts(4, 9, 6, 300)
    grid = with_rows(
        [[printed_share(c, sum(row), 1, "truncated") for c in row] for row in counts], counts
    )
    grid[-1][1:-1] = [
        printed_share(sum(r[j] for r in counts), sum(map(sum, counts)), 1, "truncated")
        for j in range(6)
    ]
    result = audit(Grid("table", grid), exhaustive=True, time_limit=5)
    assert any("cut off" in doubt for doubt in result.doubts) and "->" not in str(result)
    assert audit(Grid("table", grid), rounding="truncated", exhaustive=True).verdict == "consistent"


def test_weighted_percentages_are_recognised():
    generator = random.Random(1)
    counts = random_counts(5, 8, 5, 60)
    weighted = [[c * generator.uniform(0.6, 1.5) for c in row] for row in counts]
    rows = [[f"{100 * c / sum(row):.1f}" for c in row] for row in weighted]
    result = audit(Grid("table", with_rows(rows, counts)), time_limit=5)
    assert any("weighted" in doubt for doubt in result.doubts) and "->" not in str(result)


def test_several_answers_are_recognised():
    grid = [
        ["group", "a", "b", "c", "n"],
        ["x", "60.0", "70.0", "50.0", "10"],
        ["y", "55.0", "80.0", "45.0", "20"],
        ["z", "65.0", "40.0", "30.0", "20"],
    ]
    assert audit(Grid("table", grid)).verdict == "consistent"  # as read: categories by themselves
    assert any("several answers" in d for d in audit(Grid("table", grid), exhaustive=True).doubts)


@pytest.mark.parametrize(
    ("rounding", "text", "fits"),
    [
        ("nearest", "12", True),
        ("nearest", "13", True),
        ("half-up", "12", False),
        ("half-up", "13", True),
        ("half-even", "12", True),
        ("half-even", "13", False),
        ("truncated", "12", True),
        ("truncated", "13", False),
        ("adjusted", "11", False),
        ("adjusted", "13", True),
        ("nearest", "14", False),
    ],
)
def test_roundings(rounding, text, fits):
    low, high = PrintedNumber(text, int(text), 0).possible_counts(8, rounding)  # 1 of 8 is 12.5
    assert (low <= 1 <= high) is fits


def test_of_no_cases_only_zero_per_cent_is_printed():
    assert PrintedNumber("0.0", 0, 1).possible_counts(0) == (0, 0)
    low, high = PrintedNumber("5.0", 50, 1).possible_counts(0)
    assert low > high
    grid = cross_table([[0, 0], [0, 0]])
    assert audit(Grid("table", grid)).minimum == 0
    grid[-1][1] = "50.0"
    assert audit(Grid("table", grid), exhaustive=True).minimum == 1


def test_a_wrong_total_of_shares_counts_as_an_error():
    grid = cross_table([[5, 6], [7, 8]])
    grid[-1][-1] = "99"
    result = audit(Grid("table", grid))
    assert result.to_dict()["repair"]["edits"][0] | {} == {
        "row": SHARE,
        "column": COUNT,
        "printed": 99,
        "text": "99",
        "repaired": 100,
        "repaired_text": "100",
    }


def test_counts_above_a_thousand_are_settled_as_far_as_they_are():
    counts = [[40_000, 31_234, 2], [17_500, 9_999, 11], [70_001, 3, 40]]
    grid = cross_table(counts)
    grid[-2][-1] = str(int(grid[-2][-1]) + 90)
    result = audit(Grid("table", grid))
    assert (result.minimum, result.unique) == (1, True)
    assert list(result.repair.itertuples(index=False, name=None)) == [
        (TOTAL, COUNT, str(168_880), str(168_790))
    ]
    low, high = result.count_ranges()["r0"]["b0"]
    assert low <= 40_000 <= high and high > low


def test_rows_as_one_and_certain_values():
    counts = random_counts(2, 6, 5, 80)
    grid = cross_table(counts)
    for j in (1, 2, 3):
        grid[2][j] = "9.9"
    result = audit(Grid("table", grid))
    assert result.minimum == 3
    assert audit(Grid("table", grid), rows_as_one=True).minimum == 1
    assert audit(Grid("table", grid), rows_as_one=True).wrong_units == ["r1"]
    certain = audit(Grid("table", grid), trust=[("r1", "b0")], time_limit=10)
    assert certain.minimum is None or certain.minimum > 3
    with pytest.raises(KeyError):
        audit(Grid("table", grid), trust=[("nowhere", None)])


def test_search_and_reading_agree_on_the_same_table_turned():
    counts = [[c + 1 for c in row] for row in random_counts(7, 5, 4, 50)]
    grid = cross_table(counts)
    turned = [list(line) for line in zip(*grid, strict=True)]
    one, two = read(grid), read(turned)
    assert one.across and not two.across and len(one.values) == len(two.values)
    deadline = time.monotonic() + 10
    assert (
        smallest_repair(one, Reading(), deadline).minimum
        == smallest_repair(two, Reading(), deadline).minimum
        == 0
    )


def slipped(grid, generator, number):
    """Change digits anywhere; return the grid and how many printed numbers differ."""
    changed = [list(line) for line in grid]
    for _ in range(number):
        i, j = generator.randint(1, len(grid) - 1), generator.randint(1, len(grid[0]) - 1)
        old = changed[i][j]
        k = generator.choice([m.start() for m in re.finditer(r"\d", old)])
        new = old[:k] + generator.choice("0123456789") + old[k + 1 :]
        if not re.search(r"(?<![\d.])0\d", new):
            changed[i][j] = new
    before, after = (re.findall(r"[\d.]+", " ".join(map(" ".join, one))) for one in (grid, changed))
    return changed, sum(a != b for a, b in zip(before, after, strict=True))


@pytest.mark.book
@pytest.mark.parametrize("seed", [569, 790, 984, 2066, 2494, 2752, *range(3000, 3050)])
def test_no_layout_is_misread_into_errors(seed):
    """Whatever the layout, decimals and slips: never more errors than were made."""
    generator = random.Random(seed)
    kind = generator.choice(["cross", "medical", "yes", "no total", "no share", "turned"])
    rows, columns = generator.randint(2, 9), generator.randint(2, 6)
    counts = [
        [c + 1 for c in row]
        for row in random_counts(seed, rows, columns, generator.choice([20, 60, 300]))
    ]
    decimals = generator.choice([0, 1, 1, 2])
    grid = medical_table(counts, decimals) if kind == "medical" else cross_table(counts, decimals)
    if kind in ("no total", "yes"):
        grid = grid[:-2]
    if kind == "yes":
        grid = [[line[0], line[-1], line[1]] for line in grid]
        grid[0][2] = "b0, %"
    if kind == "no share":
        grid = grid[:-1]
    if kind == "turned":
        grid = [list(line) for line in zip(*grid, strict=True)]
    changed, number = slipped(grid, generator, generator.randint(0, 4))
    try:
        result = audit(Grid("table", changed), time_limit=2)
    except DataError:
        assert number
        return
    assert result.lower_bound <= number
    assert number or result.verdict == "consistent"


ARMS = """
,Drug (n = 388),Placebo (n = 412)
"Outcome, n (%)",,
Alive,181 (46.6),200 (48.5)
Better,50 (12.9),49 (11.9)
Same,96 (24.7),92 (22.3)
Worse,61 (15.7),71 (17.2)
"""


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("50 (12.9)", "50 (12.8)", "truncated"),
        ("181 (46.6)", "181 (46.7)", "rounded_twice"),
        ("61 (15.7)", "61 (14.8)", "other_base"),
        ("181 (46.6)", "18 (46.6)", "lost_digit"),
        ("181 (46.6)", "131 (46.6)", "look_alike"),
        ("71 (17.2)", "17 (17.2)", "transposed_digits"),
        ("96 (24.7),92 (22.3)", "92 (24.7),96 (22.3)", "exchanged_cells"),
        ("50 (12.9)", "50 (11.9)", "copied_value"),
        ("181 (46.6)", "181 (41.3)", None),
    ],
)
def test_a_slip_is_named_only_where_it_fits_exactly(old, new, check):
    assert audit(ARMS).verdict == "consistent"
    result = audit(ARMS.replace(old, new))
    assert result.verdict == "inconsistent" and not result.doubts
    assert [f.check for f in result.results if f.is_hint] == ([check] if check else [])
