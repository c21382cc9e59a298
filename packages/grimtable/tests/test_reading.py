"""Reading printed tables, single checks, and the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grimtable import audit, parse_printed_table, read_printed_table
from grimtable.checks import _exchanged, band_findings
from grimtable.errors import DataError
from grimtable.printed import PrintedNumber

SOURCE = Path(__file__).resolve().parents[1] / "src"
GOOD = "year,small,big,n\nx,25.0,75.0,4\ny,50.0,50.0,6\ntotal,4,6,10\nshare,40.0,60.0,100\n"


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "grimtable", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", timeout=120,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


BAD = {
    "empty": (b"", "empty"),
    "blank": (b"\n\n", "empty"),
    "header only": (b"year,small,big,n\n", "'total'"),
    "text in a cell": (changed("25.0", "abc"), "row 'x', column 'small'"),
    "empty cell": (changed("25.0", ""), "row 'x', column 'small'"),
    "per cent sign": (changed("25.0", "25%"), "row 'x', column 'small'"),
    "decimal comma": (changed("25.0", '"25,0"'), "row 'x', column 'small'"),
    "not a number": (changed("25.0", "nan"), "row 'x', column 'small'"),
    "exponent": (changed("25.0", "1e1"), "row 'x', column 'small'"),
    "other digits": (changed("25.0", "\u0662\u0665"), "row 'x', column 'small'"),
    "over 100": (changed("75.0", "175.0"), "over 100"),
    "negative": (changed("25.0", "-25.0"), "negative"),
    "negative n": (changed("0,4\n", "0,-4\n"), "row 'x', column 'n'"),
    "n with decimals": (changed("0,4\n", "0,4.5\n"), "row 'x', column 'n'"),
    "huge n": (changed("0,4\n", "0,99999999999999999999\n"), "row 'x', column 'n'"),
    "too many decimals": (changed("25.0", "25.00000000"), "decimals"),
    "total with text": (changed("total,4", "total,four"), "row 'total', column 'small'"),
    "share over 100": (changed("40.0", "140.0"), "row 'share', column 'small'"),
    "no total": (changed("total,4,6,10\n", ""), "'total'"),
    "no share": (changed("share,40.0,60.0,100\n", ""), "'share'"),
    "total twice": (changed("share,", "total,4,6,10\nshare,"), "row 'total'"),
    "row twice": (changed("y,", "x,"), "row 'x'"),
    "band twice": (changed("big", "small"), "'small'"),
    "band without label": (changed("big", ""), "column 3"),
    "no rows": (b"year,small,big,n\ntotal,4,6,10\nshare,40.0,60.0,100\n", "no row"),
    "no bands": (b"year,n\nx,4\ntotal,4\nshare,100\n", "no column"),
    "no n": (changed(",n\n", ",m\n"), "'n'"),
    "ragged": (changed("50.0,50.0,6", "50.0,50.0"), "row 'y'"),
    "too long": (changed("50.0,50.0,6", "50.0,50.0,6,7"), "row 'y'"),
    "no row label": (changed("y,", ","), "line 3"),
    "blank line inside": (changed("y,", "\ny,"), "line 3"),
    "semicolons": (GOOD.replace(",", ";").encode(), "commas"),
    "latin 1": (changed("year", "ann\u00e9e").decode().encode("latin-1"), "UTF-8"),
    "utf 16": (GOOD.encode("utf-16"), "UTF-16"),
    "NUL": (changed("25.0", "25\0.0"), "NUL"),
    "binary": (bytes(range(256)), "NUL"),
    "open quotation": (changed("x,", '"x,'), "CSV"),
    "very long cell": (changed("25.0", "2" * 100_000), "too large"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_a_sentence(name, tmp_path):
    content, place = BAD[name]
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_printed_table(path)
    message = str(error.value)
    assert (
        "table.csv" in message
        and place in message
        and message.endswith(".")
        and "\n" not in message
    )
    assert len(message) < 400


@pytest.mark.parametrize("name", ["text in a cell", "binary", "empty"])
def test_command_refuses_bad_files_with_status_2(name, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(BAD[name][0])
    run = command(path, "--json")
    assert run.returncode == 2 and run.stdout == ""
    assert (
        BAD[name][1] in run.stderr and "Traceback" not in run.stderr and run.stderr.count("\n") == 1
    )


def test_command_refuses_what_is_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv", tmp_path / "x" / "y"):
        run = command(path)
        assert run.returncode == 2 and str(path) in run.stderr and "Traceback" not in run.stderr
    with pytest.raises(DataError):
        read_printed_table("nul\0byte")


def test_command_refuses_bad_time_limits(tmp_path):
    for limit in ("0", "-1", "x", "nan", "inf"):
        run = command(tmp_path / "t.csv", "--time-limit", limit)
        assert run.returncode == 2 and "Traceback" not in run.stderr


def test_command_reports_on_a_good_table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(GOOD)
    run = command(path)
    assert run.returncode == 0 and "Consistent" in run.stdout
    result = json.loads(command(path, "--json").stdout)
    assert result["consistent"] is True and result["findings"] == []
    assert {key: result["repair"][key] for key in ("minimum", "unique", "edits")} == {
        "minimum": 0, "unique": True, "edits": [],
    }  # fmt: skip
    assert result["repair"]["counts"]["x"] == {"small": 1, "big": 3, "n": 4}
    assert list(result["repair"]["counts"]) == ["x", "y", "total"]


def test_marks_line_ends_and_spaces_are_accepted():
    table = parse_printed_table(GOOD)
    for text in (
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", " , "),
        GOOD + "\n,,\n",
        GOOD.rstrip(),
    ):
        other = parse_printed_table(text)
        assert (other.cells, other.grand_total, other.bands) == (
            table.cells,
            table.grand_total,
            table.bands,
        )


def test_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_printed_table(path).rows == ("x", "y")


def test_decimals_are_read_cell_by_cell():
    number = parse_printed_table(changed("25.0", "25.00").decode()).cells[0][0]
    assert (number.units, number.decimals) == (2500, 2)


def test_a_value_on_a_half_honours_either_neighbour():
    assert PrintedNumber("12", 12, 0).possible_counts(8) == (1, 1)  # 1 of 8 is 12.5
    assert PrintedNumber("13", 13, 0).possible_counts(8) == (1, 1)
    assert PrintedNumber("12.4", 124, 1).possible_counts(8) == (1, 0)


def test_of_no_cases_only_zero_per_cent_is_printed():
    assert PrintedNumber("0.0", 0, 1).possible_counts(0) == (0, 0)
    low, high = PrintedNumber("5.0", 50, 1).possible_counts(0)
    assert low > high


def checks(text):
    return [
        (f.check, f.row, f.column, f.computed) for f in audit(parse_printed_table(text)).findings
    ]


def test_each_arithmetic_check_alone():
    assert ("impossible_share", "x", "small", [25, 50]) in checks(GOOD.replace("25.0", "26.0"))
    assert ("row_sum", "x", None, 100) in checks(GOOD.replace("25.0", "26.0"))
    assert ("row_totals", "total", "n", 10) in checks(GOOD.replace("6,10\n", "6,11\n"))
    assert ("grand_total", "total", "n", 10) in checks(GOOD.replace("6,10\n", "6,11\n"))
    assert ("column_totals", "total", "small", 4) in checks(GOOD.replace("total,4", "total,5"))
    assert ("average_share", "share", "small", 40) in checks(GOOD.replace("40.0", "41.0"))


def test_a_row_possible_cell_by_cell_but_not_together():
    # 4 of 12 are 33.3, 5 of 12 are 41.7, 3 of 12 are 25.0: with n = 12 they must make 12.
    text = "p,a,b,c,n\nr,33.3,41.7,25,13\ntotal,4,5,3,12\nshare,33.3,41.7,25.0,100\n"
    assert not any(check == "impossible_row" for check, *_ in checks(text))
    # 33, 33, 33 with n = 1000 makes at most 3 * 335 and at least 3 * 325 cases; with n = 3 exactly 3.
    text = "p,a,b,c,n\nr,33.3,33.3,33.3,30\ntotal,10,10,10,30\nshare,33.3,33.3,33.3,100\n"
    assert checks(text) == []
    # In whole per cent of 7: 14 is 1, 29 is 2; 29, 29, 29, 14 adds to 101 and may round from 100, but makes 7.
    text = (
        "p,a,b,c,d,n\nr,50,17,17,17,6\ns,50,17,17,16,6\ntotal,6,2,2,2,12\nshare,50,17,17,17,100\n"
    )
    assert [check for check, *_ in checks(text)] == ["impossible_share"]


def test_impossible_row_is_found():
    # Of 200, whole per cents allow several counts; of 50, each allows one: 33+33+34 makes 16.5+16.5+17.
    text = "p,a,b,c,n\nr,17,17,67,6\ntotal,1,1,4,6\nshare,17,17,67,100\n"
    assert checks(text) == []
    # 20.4 + 26.5 + 53.0 = 99.9 can round from 100; of 49 they are 10, 13 and 26 = 49; of 98 possible too.
    text = "p,a,b,c,d,e,f,n\nr,10,10,10,10,10,48,21\ntotal,2,2,2,2,2,11,21\nshare,9.5,9.5,9.5,9.5,9.5,52.4,100\n"
    found = [f for f in checks(text) if f[0] == "impossible_row"]
    assert found == [("impossible_row", "r", "n", 20)]


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (("1-9", "10-19", "20+"), None),
        (("1-9", "11-19"), "leave a gap: 10 belongs"),
        (("1-9", "9-19"), "overlap from 9"),
        (("1+", "5-9"), "overlap from 5"),
        (("9-1", "10-19"), "ends before"),
        (("1 to 999", "1,000-9,999", "10,000 and more"), None),
        (("small", "big"), None),
        (("1\u2013199", "200\u2013499"), None),
    ],
)
def test_band_labels(bands, words):
    found = [f.message for f in band_findings(bands)]
    assert found == [] if words is None else (len(found) == 1 and words in found[0])


def test_exchanged_digits():
    assert _exchanged("4387", "4378") and _exchanged("1.2", "2.1")
    assert (
        not _exchanged("4387", "4377")
        and not _exchanged("438", "4378")
        and not _exchanged("12", "12")
    )


def test_coincidences_are_not_remarkable():
    text = "p,a,b,c,d,n\nr,25,25,25,25,4\ns,25,25,25,25,4\ntotal,2,2,2,2,8\nshare,25,25,25,25,100\n"
    assert checks(text) == []
