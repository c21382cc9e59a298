"""What the audit and the chapter on it say about Table 1, against arithmetic done here again."""

import csv
import html
import json
import re
import subprocess
import sys
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cells import run_cells

from grimtable import audit, possible_tables
from smebook import repair, table1

TABLE_1 = Path(__file__).resolve().parent.parent / "data" / "innovation_share_by_size.csv"
EDITS = [
    ("1950-54", "n", 514, 359), ("1970-74", "n", 720, 656), ("1970-74", "500-999", 11.4, 12.2),
    ("1970-74", "1000-9999", 37.9, 34), ("1970-74", "10000-29000", 9.2, 10.1),
    ("1970-74", "30000-99999", 3.3, 2.9), ("1970-74", "100000+", 2.6, 2.3),
    ("total", "n", 4387, 4378),
]  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return repair.audited()


@pytest.fixture(scope="module")
def lines():
    with TABLE_1.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def rounds_to(text, count, total):
    return abs(Fraction(100 * count, total) - Fraction(text)) <= Fraction(1, 20)


def test_the_repair_is_the_only_one_of_eight(result):
    repair = result.to_dict()["repair"]
    assert (repair["minimum"], repair["unique"], repair["proved"]) == (8, True, True)
    assert [(e["row"], e["column"], e["printed"], e["repaired"]) for e in repair["edits"]] == EDITS
    assert repair["alternatives"] == [] and repair["counts_proved"]
    assert len(repair["always_wrong"]) == 8


def test_the_repaired_counts_print_the_table_but_for_the_edits(result, lines):
    counts = result.to_dict()["repair"]["counts"]
    header, body = lines[0], lines[1:9]
    edited = {(row, column) for row, column, *_ in EDITS}
    for line in body:
        row, own = line[0], counts[line[0]]
        assert sum(own[band] for band in header[1:-1]) == own["n"]
        for band, text in zip(header[1:], line[1:], strict=True):
            fits = own["n"] == int(text) if band == "n" else rounds_to(text, own[band], own["n"])
            assert fits == ((row, band) not in edited)
    for j, band in enumerate(header[1:-1], start=1):
        assert (
            sum(counts[line[0]][band] for line in body) == int(lines[9][j]) == counts["total"][band]
        )
        assert rounds_to(lines[10][j], int(lines[9][j]), 4378)


def test_the_findings_are_those_of_the_arithmetic(result, lines):
    header, body = lines[0], lines[1:9]
    expected = set()
    for line in body:
        total = sum(map(Decimal, line[1:-1]))
        if abs(total - 100) > Decimal("0.05") * 7:
            expected.add(("row_sum", line[0], None))
        for band, text in zip(header[1:-1], line[1:-1], strict=True):
            n = int(line[-1])
            if not any(rounds_to(text, count, n) for count in range(n + 1)):
                expected.add(("impossible_share", line[0], band))
    assert sum(int(line[-1]) for line in body) == 4597 and sum(map(int, lines[9][1:-1])) == 4378
    expected |= {("row_totals", "total", "n"), ("grand_total", "total", "n")}
    for band, total, share in zip(header[1:-1], lines[9][1:-1], lines[10][1:-1], strict=True):
        expected.add(("column_totals", "total", band))  # each is too small by at least 6
        if not rounds_to(share, int(total), 4387):
            expected.add(("average_share", "share", band))
    expected |= {
        ("band_labels", None, "30000-99999"), ("repeated_cells", "1950-54", "n"),
        ("repeated_cells", "1970-74", "500-999"), ("transposed_digits", "total", "n"),
    }  # fmt: skip
    assert [f for f in expected if f[0] == "row_sum"] == [("row_sum", "1970-74", None)]
    assert sum(f[0] == "impossible_share" for f in expected) == 6
    assert sum(f[0] == "average_share" for f in expected) == 4
    found = [(f.check, f.row, f.column) for f in result.results]
    assert set(found) == expected and len(found) == len(expected)


def test_column_findings_name_the_counts_of_the_rows(result, lines):
    for j, band in enumerate(lines[0][1:-1], start=1):
        around = sum(Fraction(line[j]) * int(line[-1]) / 100 for line in lines[1:9])
        finding = next(f for f in result.results if (f.check, f.column) == ("column_totals", band))
        low, high = (
            finding.computed if isinstance(finding.computed, list) else [finding.computed] * 2
        )
        assert low - 3 < around < high + 3 and finding.printed < low


def test_row_of_1970_74_cannot_keep_more_of_its_cells(result, lines):
    """Given the other counts, no n of 1970-74 honours more than its two first cells."""
    own = result.to_dict()["repair"]["counts"]["1970-74"]
    bands = lines[0][1:-1]
    printed = next(line for line in lines if line[0] == "1970-74")[1:-1]
    kept = [
        band
        for band, text in zip(bands, printed, strict=True)
        if rounds_to(text, own[band], own["n"])
    ]
    assert kept == ["1-199", "200-499"]


def test_report_is_for_people(result):
    text = str(result)
    assert all(len(line) <= 80 for line in text.splitlines())
    for part in (
        "4387 -> 4378",
        "514 -> 359",
        "29001 to 29999",
        "103 of 514 are 20.04",
        "only one set",
    ):
        assert part in " ".join(text.split())


def test_cells_can_be_marked_with_reasons(result):
    assert "103 of 514 are 20.04" in result.marks["1950-54", "1-199"]
    assert "add to 102.9" in result.marks["1970-74", "n"]
    assert not any(row == "1945-49" for row, _ in result.marks)


def test_the_bridge_gives_the_repaired_table(result):
    counts = result.to_dict()["repair"]["counts"]
    table = repair.repaired()
    for period, n in table.n.items():
        assert n == counts[period]["n"]
        assert table.counts.loc[period].to_dict() == {
            band: counts[period][band] for band in table.counts
        }
    assert [
        (e.row, e.column, float(e.printed), float(e.repaired)) for e in result.repair.itertuples()
    ] == EDITS
    assert len(result.findings) == len(result.results)


@pytest.mark.parametrize("defect", ["unique", "counts_settled"])
def test_without_one_proved_repair_there_is_no_repaired_table(monkeypatch, result, defect):
    known = {name: getattr(result, name) for name in ("unique", "counts_settled", "counts")}
    doubtful = SimpleNamespace(**(known | {defect: False}))
    monkeypatch.setattr(repair, "audited", lambda: doubtful)
    with pytest.raises(ValueError, match="no one smallest repair"):
        repair.repaired()


@pytest.fixture(scope="module")
def chapter():
    return run_cells("proofreading-table-1")


def all_that_round(text, n, reach=Fraction(1, 20)):
    """The whole numbers of n that are a percentage to within the reach, one by one."""
    counts, tenths = np.arange(n + 1), int(10 * Decimal(text))
    near = abs(1000 * counts - tenths * n) * reach.denominator <= 10 * reach.numerator * n
    return {int(count) for count in counts[near]}


def test_rounding_and_cutting_off(chapter, lines):
    shown = chapter.outputs["table-rounding"].frame.set_index("Period")
    for line in lines[1:9]:
        n = int(line[-1])
        exact = [Decimal(100 * c) / n for c in range(n + 1)]
        for column, how in (("Rounded", ROUND_HALF_UP), ("Cut off", ROUND_DOWN)):
            made = {value.quantize(Decimal("0.1"), how) for value in exact}
            assert shown.at[line[0], column] == sum(Decimal(cell) in made for cell in line[1:-1])
    names = chapter.names
    assert [int(names[key].value) for key in ("sound_cells", "cut_cells")] == [42, 21]


@pytest.mark.parametrize("half_units", [1, 3])
def test_possible_numbers_are_those_found_one_by_one(chapter, half_units):
    for percentage in ("0.0", "0.9", "2.8", "20.1", "46.8", "99.9", "100.0"):
        for n in (1, 7, 200, 359, 720, 1015):
            found = [
                c for c in chapter.names["possible"](float(percentage), n, half_units) if c <= n
            ]
            assert set(found) == all_that_round(percentage, n, Fraction(half_units, 20))


def test_a_free_row_leaves_18_tables_of_which_one_gives_the_two_cells(chapter, lines):
    """By brute force over the true counts of all other rows."""
    rows = {line[0]: line for line in lines[1:]}
    left = [int(total) for total in rows["total"][1:-1]]
    for period in set(rows) - {"1950-54", "1970-74", "total", "share"}:
        options = [all_that_round(cell, int(rows[period][-1])) for cell in rows[period][1:-1]]
        counts = [c for c in product(*options) if sum(c) == int(rows[period][-1])]
        assert len(counts) == 1  # the sound rows are settled by themselves
        left = [a - b for a, b in zip(left, counts[0], strict=True)]
    fitting = []
    for n in range(1, sum(left)):
        options = [all_that_round(cell, n) for cell in rows["1950-54"][1:-1]]
        for counts in product(*options):
            rest = [a - b for a, b in zip(left, counts, strict=True)]
            if sum(counts) == n and min(rest) >= 0:
                fitting.append((n, sum(rest), rest))
    shown = chapter.outputs["table-row-as-error"].frame
    assert [(a, b) for a, b, _ in fitting] == [
        (int(a), int(b)) for a, b in shown.iloc[:, :2].to_numpy()
    ]
    both = [
        (a, b)
        for a, b, rest in fitting
        if rounds_to(rows["1970-74"][1], rest[0], b) and rounds_to(rows["1970-74"][2], rest[1], b)
    ]
    assert len(fitting) == 18 and both == [(359, 656)]
    assert {row for row, _ in chapter.outputs["table-row-as-error"].marks} == {"359"}


def test_wrong_values_by_split(chapter):
    """The fewest wrong percentages by whole arrays of sums, not by dictionaries."""
    names, printed = chapter.names, table1.printed()
    left = names["left"]
    for first, second, wrong in ((359, 656, 8), (295, 720, 9), (514, 501, 10)):
        best = np.where(np.arange(sum(left) + 1) == 0, 0, 99)
        for band in left.index:
            own = np.arange(left[band] + 1)
            cost = sum(
                np.array(
                    [not rounds_to(str(printed.shares.at[period, band]), int(c), n) for c in counts]
                ).astype(int)
                for period, n, counts in (
                    ("1950-54", first, own),
                    ("1970-74", second, left[band] - own),
                )
            )
            sums = [np.roll(best, c) + cost[c] for c in own]
            for c, shifted in zip(own, sums, strict=True):
                shifted[:c] = 99
            best = np.min(sums, axis=0)
        numbers = 1 + (first != 514) + (second != 720)
        assert best[first] + numbers == wrong
        assert names["wrong_percentages"](first, second) == best[first]
    shown = chapter.outputs["table-splits"].frame
    assert list(shown["Wrong values"]) == [8, 9, 10]


def test_one_more_unit_of_play_leaves_many_numbers(chapter, lines):
    rows = {line[0]: line for line in lines[1:]}
    left, reach = chapter.names["left"], Fraction(3, 20)
    fitting = set()
    for n in range(1, 515):
        options = [all_that_round(cell, n, reach) for cell in rows["1950-54"][1:-1]]
        rest = sum(left) - n
        stay = [all_that_round(cell, rest, reach) for cell in rows["1970-74"][1:3]]
        for j in (0, 1):
            options[j] = {c for c in options[j] if left.iloc[j] - c in stay[j]}
        if any(sum(c) == n for c in product(*options)):
            fitting.add(n)
    assert float(chapter.names["loose_numbers"]) == len(fitting) > 1
    assert float(chapter.names["exact_numbers"]) == 1
    assert float(chapter.names["only_number"]) == 359


def test_what_the_chapter_says_in_words(chapter, lines):
    rows = {line[0]: line[1:] for line in lines[1:]}
    same = [a == b for a, b in zip(rows["1970-74"], rows["1965-69"], strict=True)]
    assert same == [False, False] + [True] * 6
    assert rows["1950-54"][-1] == rows["1955-59"][-1]
    marks = chapter.outputs["table-marked"].marks
    assert ("1970-74", "200\N{EN DASH}499") not in marks
    assert all(("1970-74", band) in marks for band in list(chapter.names["heads"].values())[2:])
    report = re.sub(r"<[^>]+>", "", chapter.names["audit"].to_html())
    assert all(html.escape(reason) in report for reason in marks.values())
    comparison = chapter.outputs["table-comparison"].frame.set_index("Result")
    assert list(comparison.loc["Falls of that number from period to period"])[:2] == ["2", "1"]
    assert set(comparison.loc[comparison["Print"] == comparison["Repaired"], "Differs"]) == {"no"}
    since = [row for row in comparison.index if row.startswith("Ahead of")]
    assert set(comparison.loc[since, "Differs"]) == {"no"}


def test_both_chapters_fit_the_same_trend(chapter):
    frame = chapter.outputs["table-comparison"].frame.set_index("Result")
    trend = run_cells("firm-size").outputs["table-trend"].frame.set_index("Model")
    for column, row in (("Repaired", "straight line"), ("Print", "straight line, on the print")):
        assert (
            frame.at["Trend of the smallest band, factor per decade", column]
            == trend.at[row, "Factor"]
        )
        assert frame.at["its 95% interval", column] == trend.at[row, "95% interval"]
        assert frame.at["its dispersion", column] == trend.at[row, "Dispersion"]
    assert frame.at["its bend, p", "Repaired"] == trend.at["curve", "p"]


NINE = [
    ("1950-54", column)
    for column in ("n", "1-199", "500-999", "1000-9999", "10000-29000", "30000-99999", "100000+")
] + [("1970-74", "1-199"), ("total", "n")]


def test_a_whole_row_as_one_error_leaves_eighteen_tables_and_one_that_keeps_its_cells():
    """Three errors at least; of the tables that fit, one also gives the cells kept in 1970-74."""
    rows = audit(TABLE_1, rows_as_one=True)
    assert rows.minimum == 3 and rows.wrong_units == ["1950-54", "1970-74", "total / n"]
    tables = possible_tables(TABLE_1, wrong=[("1970-74", None), ("1950-54", "n"), ("total", "n")])
    assert len(tables) == 18
    own = tables["1970-74"]
    fits = [
        rounds_to("24.5", small, n) and rounds_to("14.0", middle, n)
        for small, middle, n in zip(own["1-199"], own["200-499"], own["n"], strict=True)
    ]
    assert sum(fits) == 1
    assert tables.loc[fits.index(True), [("1950-54", "n"), ("1970-74", "n")]].tolist() == [359, 656]


def test_nine_errors_would_do_with_the_printed_n_of_1970_74():
    tables = possible_tables(TABLE_1, wrong=NINE)
    assert len(NINE) == 9 and len(tables) >= 1
    assert set(tables["1950-54", "n"]) == {295} and set(tables["1970-74", "n"]) == {720}


@pytest.mark.book
def test_the_book_has_a_way_to_the_command():
    run = subprocess.run(
        [sys.executable, "-m", "smebook", "audit", str(TABLE_1), "--json"],
        capture_output=True,
        text=True,
        cwd=TABLE_1.parent.parent,
        timeout=120,
    )
    assert run.returncode == 1 and json.loads(run.stdout)["repair"]["minimum"] == 8
