"""What the audit says about Table 1, against arithmetic done here again."""

import csv
import json
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from grimtable import audit, possible_tables

TABLE_1 = Path(__file__).resolve().parent.parent / "data" / "innovation_share_by_size.csv"
EDITS = [
    ("1950-54", "n", 514, 359), ("1970-74", "n", 720, 656), ("1970-74", "500-999", 11.4, 12.2),
    ("1970-74", "1000-9999", 37.9, 34), ("1970-74", "10000-29000", 9.2, 10.1),
    ("1970-74", "30000-99999", 3.3, 2.9), ("1970-74", "100000+", 2.6, 2.3), ("total", "n", 4387, 4378),
]  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return audit(TABLE_1)


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
        assert sum(counts[line[0]][band] for line in body) == int(lines[9][j]) == counts["total"][band]
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
        low, high = finding.computed if isinstance(finding.computed, list) else [finding.computed] * 2
        assert low - 3 < around < high + 3 and finding.printed < low


def test_row_of_1970_74_cannot_keep_more_of_its_cells(result, lines):
    """Given the other counts, no n of 1970-74 honours more than its two first cells."""
    own = result.to_dict()["repair"]["counts"]["1970-74"]
    bands = lines[0][1:-1]
    printed = next(line for line in lines if line[0] == "1970-74")[1:-1]
    kept = [band for band, text in zip(bands, printed, strict=True) if rounds_to(text, own[band], own["n"])]
    assert kept == ["1-199", "200-499"]


def test_report_is_for_people(result):
    text = str(result)
    assert all(len(line) <= 80 for line in text.splitlines())
    for part in ("4387 -> 4378", "514 -> 359", "29001 to 29999", "103 of 514 are 20.04", "only one set"):
        assert part in " ".join(text.split())


def test_cells_can_be_marked_with_reasons(result):
    assert [f.check for f in result.findings_at("1950-54", "1-199")] == ["impossible_share"]
    assert "row_sum" in {f.check for f in result.findings_at("1970-74", "200-499")}
    assert result.findings_at("1945-49", "1-199") == ()


NINE = [("1950-54", column) for column in
        ("n", "1-199", "500-999", "1000-9999", "10000-29000", "30000-99999", "100000+")] + [("1970-74", "1-199"), ("total", "n")]


def test_a_whole_row_as_one_error_leaves_eighteen_tables_and_one_that_keeps_its_cells():
    """Three errors at least; of the tables that fit, one also gives the surviving cells of 1970-74."""
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


def test_the_book_has_a_way_to_the_command():
    root = TABLE_1.parent.parent
    path = os.pathsep.join([str(root), str(root / "packages" / "grimtable" / "src")])
    run = subprocess.run([sys.executable, "-m", "smebook", "audit", str(TABLE_1), "--json"], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, timeout=120)
    assert run.returncode == 1 and json.loads(run.stdout)["repair"]["minimum"] == 8
