"""The audit engine on random tables and against brute force."""

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grimtable import COUNT, SHARE, TOTAL, audit, audit_as_json, parse_printed_table, repaired_table
from grimtable.margins import RowCountSearch, _determinants, _disjoint
from grimtable.repair import largest_grand_total, smallest_repair

CHECKS = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def printed_share(count, total, decimals, half_up=True):
    """Rounding written independently of the engine."""
    if not total:
        return f"{0:.{decimals}f}"
    units, rest = divmod(Fraction(100 * 10**decimals * count, total), 1)
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (half_up or units % 2)):
        units += 1
    text = str(units).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text


def printed_lines(counts, decimals=1, half_up=True):
    """A grid of texts, header and labels included, from true counts."""
    columns = range(len(counts[0]))
    totals = [sum(row[j] for row in counts) for j in columns]
    grand = sum(totals)
    grid = [["period", *(f"b{j}" for j in columns), "n"]]
    for i, row in enumerate(counts):
        n = sum(row)
        grid.append([f"r{i}", *(printed_share(c, n, decimals, half_up) for c in row), str(n)])
    grid.append([TOTAL, *map(str, totals), str(grand)])
    grid.append([SHARE, *(printed_share(t, grand, decimals, half_up) for t in totals), "100"])
    return grid


def table_of(grid):
    return parse_printed_table("\n".join(",".join(line) for line in grid))


def true_values(counts):
    """Position -> true count, for every cell, n and total."""
    columns = range(len(counts[0]))
    values = {(f"r{i}", f"b{j}"): counts[i][j] for i in range(len(counts)) for j in columns}
    values |= {(f"r{i}", COUNT): sum(row) for i, row in enumerate(counts)}
    values |= {(TOTAL, f"b{j}"): sum(row[j] for row in counts) for j in columns}
    values[TOTAL, COUNT] = sum(map(sum, counts))
    return values


def random_counts(seed, rows, bands, most):
    generator = random.Random(seed)
    scale = [generator.choice([most, most, most // 3 + 1, 2]) for _ in range(bands)]
    return [[generator.randint(0, scale[j]) for j in range(bands)] for _ in range(rows)]


def corrupted(grid, seed, number):
    """Change some printed values, never the share of the grand total; return what was changed."""
    generator = random.Random(seed)
    rows, bands = len(grid) - 3, len(grid[0]) - 2
    places = [
        (i, j)
        for i in range(1, rows + 3)
        for j in range(1, bands + 2)
        if (i, j) != (rows + 2, bands + 1)
    ]
    grid = [list(line) for line in grid]
    changed = generator.sample(places, number)
    for i, j in changed:
        old = grid[i][j]
        while True:
            digits = [k for k, sign in enumerate(old) if sign.isdigit()]
            k = generator.choice(digits)
            new = old[:k] + generator.choice("0123456789") + old[k + 1 :]
            if "." not in new:
                new = str(int(new))
            percentage = i != rows + 1 and j <= bands
            if new != old and (not percentage or float(new) <= 100):
                break
        grid[i][j] = new
    return grid, [(grid[i][0], grid[0][j]) for i, j in changed]


sizes = st.tuples(st.integers(3, 15), st.integers(3, 10))


@CHECKS
@given(
    sizes, st.integers(0, 10**6), st.sampled_from([3, 40, 400]), st.integers(0, 2), st.booleans()
)
def test_tables_printed_from_counts_always_pass(size, seed, most, decimals, half_up):
    counts = random_counts(seed, *size, most)
    result = audit(table_of(printed_lines(counts, decimals, half_up)))
    assert [f for f in result.findings if not f.is_hint] == []
    assert result.consistent and result.repair.minimum == 0 and result.repair.unique is True
    assert result.repair.counts_proved
    for position, value in true_values(counts).items():
        low, high = result.repair.counts[position]
        assert low <= value <= high


@settings(CHECKS, max_examples=40)
@given(sizes, st.integers(0, 10**6), st.sampled_from([30, 120]), st.integers(1, 4))
def test_corrupted_tables_are_repaired(size, seed, most, number):
    counts = random_counts(seed, *size, most)
    grid, changed = corrupted(printed_lines(counts), seed, number)
    result = audit(table_of(grid), time_limit=30)
    repair = result.repair
    assert repair.lower_bound <= number
    if repair.proved:
        assert repair.minimum <= number
    assert result.consistent == (repair.minimum == 0)
    assert result.consistent or [f for f in result.findings if not f.is_hint]
    if repair.proved and repair.minimum == number:
        for position, value in true_values(counts).items():
            low, high = repair.counts[position]
            assert low <= value <= high
        sets = [{(e.row, e.column) for e in repair.edits}, *map(set, repair.alternatives)]
        if repair.unique or len(sets) < 20:
            assert set(changed) in sets
    if repair.unique:
        assert repair.alternatives == ()


@pytest.mark.parametrize(("rows", "bands", "errors"), [(3, 3, 1), (8, 7, 2), (15, 10, 3)])
def test_corrupted_tables_are_proved(rows, bands, errors):
    counts = random_counts(rows * bands, rows, bands, 90)
    grid, _ = corrupted(printed_lines(counts), 1, errors)
    assert smallest_repair(table_of(grid)).proved


def brute_force(table, most):
    """Fewest misprints by looking at every table of counts up to `most` cases a cell."""
    rows, bands = len(table.rows), len(table.bands)

    def honoured(number, count, total):
        if total == 0:
            return number.units == 0
        return abs(Fraction(100 * count, total) - Fraction(number.text)) <= Fraction(
            1, 2 * 10**number.decimals
        )

    best, sets, reach = 99, set(), {}
    lines = list(itertools.product(range(most + 1), repeat=bands))
    cost = []
    for i in range(rows):
        costs = {}
        for line in lines:
            misfits = [
                j for j in range(bands) if not honoured(table.cells[i][j], line[j], sum(line))
            ]
            names = [table.bands[j] for j in misfits]
            names += [COUNT] if sum(line) != int(table.row_counts[i].text) else []
            costs[line] = frozenset((table.rows[i], name) for name in names)
        cost.append(costs)
    for chosen in itertools.product(lines, repeat=rows):
        wrong = set().union(*(cost[i][line] for i, line in enumerate(chosen)))
        if len(wrong) > best:
            continue
        totals = [sum(line[j] for line in chosen) for j in range(bands)]
        grand = sum(totals)
        for j, band in enumerate(table.bands):
            if totals[j] != int(table.column_totals[j].text):
                wrong.add((TOTAL, band))
            if not honoured(table.shares[j], totals[j], grand):
                wrong.add((SHARE, band))
        if grand != int(table.grand_total.text):
            wrong.add((TOTAL, COUNT))
        if len(wrong) < best:
            best, sets, reach = len(wrong), set(), {}
        if len(wrong) == best:
            sets.add(frozenset(wrong))
            for position, value in true_values(chosen).items():
                low, high = reach.get(position, (value, value))
                reach[position] = min(low, value), max(high, value)
    return best, sets, reach


@pytest.mark.parametrize(("rows", "bands", "most"), [(2, 2, 12), (2, 2, 13), (3, 2, 5), (2, 3, 5)])
@pytest.mark.parametrize("seed", range(8))
def test_minimum_sets_and_ranges_agree_with_brute_force(rows, bands, most, seed):
    counts = random_counts(100 * seed + rows, rows, bands, 4)
    grid, _ = corrupted(printed_lines(counts, decimals=seed % 2), seed, 1 + seed % 3)
    table = table_of(grid)
    repair = smallest_repair(table)
    best, sets, reach = brute_force(table, most)
    found = {
        frozenset((e.row, e.column) for e in repair.edits),
        *map(frozenset, repair.alternatives),
    }
    highest = max(
        high
        for (row, column), (_, high) in repair.counts.items()
        if row != TOTAL and column != COUNT
    )
    if highest > most:  # beyond what brute force has looked at
        assert repair.minimum <= best
        return
    assert repair.proved
    assert repair.minimum == best
    assert repair.counts == reach
    if len(sets) <= 20:
        assert found == sets
    assert repair.unique is (len(sets) == 1)
    assert set(repair.always_wrong) == set.intersection(*map(set, sets))


def test_row_count_search_keeps_the_true_row_counts():
    for seed in range(12):
        counts = random_counts(seed, 4, 4, 60)
        grid, _ = corrupted(printed_lines(counts), seed, 3)
        table = table_of(grid)
        largest = max(largest_grand_total(table, 3)[0], sum(map(sum, counts)))
        assert tuple(map(sum, counts)) in RowCountSearch(table, largest).combinations(3)


def test_out_of_time_is_said_and_not_hidden():
    counts = random_counts(5, 12, 8, 90)
    grid, _ = corrupted(printed_lines(counts), 5, 9)
    repair = smallest_repair(table_of(grid), time_limit=0.05)
    assert repair.lower_bound <= 9
    if not repair.proved:
        assert repair.unique is None and not repair.counts_proved


def test_counts_above_a_thousand_are_settled_as_far_as_they_are():
    counts = [[40_000, 31_234, 2], [17_500, 9_999, 11], [70_001, 3, 40]]
    grid = printed_lines(counts)
    grid[-2][-1] = str(int(grid[-2][-1]) + 90)
    result = audit(table_of(grid))
    assert (result.repair.minimum, result.repair.unique) == (1, True)
    assert [(e.row, e.column, e.low) for e in result.repair.edits] == [
        (TOTAL, COUNT, sum(map(sum, counts)))
    ]
    low, high = result.repair.counts["r0", "b0"]
    assert low <= 40_000 <= high and high > low


def test_wrong_total_of_shares_counts_as_a_misprint():
    grid = printed_lines([[5, 6], [7, 8]])
    grid[-1][-1] = "99"
    result = audit(table_of(grid))
    assert audit_as_json(result)["repair"]["edits"] == [
        {"row": SHARE, "column": COUNT, "printed": 99, "repaired": 100}
    ]
    assert result.repair.unique and result.repair.minimum == 1


def test_repaired_table_gives_counts_and_shares():
    frames = repaired_table(audit(table_of(printed_lines([[5, 15], [7, 8]]))))
    assert frames["low"].loc["r0", "b0"] == frames["high"].loc["r0", "b0"] == 5
    assert frames["share_low"].loc["r0", "b0"] == 25.0
    assert frames["low"].loc[TOTAL, COUNT] == 35


def test_determinants_and_ranges():
    import numpy as np

    matrix = np.array([[[2, -3, 1], [4, 0, 5], [7, 1, 1]]])
    assert _determinants(matrix).tolist() == [round(np.linalg.det(matrix[0]))]
    merged = _disjoint(np.array([0, 1, 0]), np.array([5, 0, 0]), np.array([9, 3, 5]))
    assert [part.tolist() for part in merged] == [[0, 1], [0, 0], [9, 3]]


def test_a_share_just_beyond_its_rounding_is_a_misprint():
    grid = printed_lines([[5, 15], [7, 8]])
    assert grid[-1][1] == "34.3"  # 12 of 35 are 34.29
    for wrong in ("34.2", "34.4"):
        grid[-1][1] = wrong
        repair = smallest_repair(table_of(grid))
        assert [(e.row, e.column, float(e.low), float(e.high)) for e in repair.edits] == [
            (SHARE, "b0", 34.3, 34.3)
        ]


def test_of_no_cases_at_all_only_zero_shares_are_printed():
    grid = printed_lines([[0, 0], [0, 0]])
    assert smallest_repair(table_of(grid)).minimum == 0
    grid[-1][1] = "50.0"
    assert smallest_repair(table_of(grid)).minimum == 1


def test_two_smallest_repairs_are_both_named():
    # With n = 2 both column totals are wrong; with n = 4 the grand total is.
    repair = smallest_repair(
        parse_printed_table("p,a,b,n\nr,50.0,50.0,2\ntotal,2,2,2\nshare,50.0,50.0,100\n")
    )
    sets = {
        frozenset((e.row, e.column) for e in repair.edits),
        *map(frozenset, repair.alternatives),
    }
    assert sets == {
        frozenset({("r", COUNT), (TOTAL, COUNT)}),
        frozenset({(TOTAL, "a"), (TOTAL, "b")}),
    }
    assert (repair.minimum, repair.unique, repair.always_wrong) == (2, False, ())
    assert repair.counts["r", COUNT] == (2, 4) and repair.counts["r", "a"] == (1, 2)


def test_values_on_a_half_may_be_rounded_either_way():
    table = parse_printed_table(
        "p,a,b,n\nr,50.0,49.9,2000\ntotal,1001,999,2000\nshare,50.1,50.0,100\n"
    )
    result = audit(table)  # 1001 and 999 of 2000 are 50.05 and 49.95
    assert result.consistent and result.findings == ()
