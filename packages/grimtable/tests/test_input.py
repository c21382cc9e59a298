"""Cells, files that cannot be read, and the command line."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grimtable import DataError, audit, read_grids
from grimtable.cli import main
from grimtable.reading import LARGEST_FILE, parts_of

SOURCE = Path(__file__).resolve().parents[1] / "src"
SCHEMA = json.loads((SOURCE / "grimtable" / "schema.json").read_text())
GOOD = "year,small,big,n\nx,25.0,75.0,4\ny,50.0,50.0,6\ntotal,4,6,10\nshare,40.0,60.0,100\n"
MEDICAL = (
    "Item,Drug (n=40),Placebo (n=50)\nSex,,\nFemale,10 (25.0),20 (40.0)\nMale,30 (75.0),30 (60.0)\n"
)


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "grimtable", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(SOURCE)},
        **options,
    )


def changed(old, new, text=GOOD):
    assert old in text
    return text.replace(old, new, 1).encode()


BAD = {
    "empty": (b"", "empty"),
    "spaces": (b"  \n \n", "empty"),
    "one cell": (b"x\n", "one column"),
    "one column": (b"x\n1\n2\n", "one column"),
    "header only": (b"year,small,big,n\n", "header"),
    "labels only": (b"a,b\nc,d\ne,f\n", "no numbers"),
    "words": (b"once upon a time\nthere was a table\n", "one column"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "NUL"),
    "broken UTF-16": (b"\xff\xfea", "UTF-16"),
    "broken UTF-32": (b"\xff\xfe\0\0ab", "UTF-32"),
    "NUL": (changed("25.0", "25\0.0"), "NUL"),
    "binary": (bytes(range(256)), "NUL"),
    "not text": (b"a,b\n\x81\x8d,1\n", "UTF-8"),
    "PDF": (b"%PDF-1.7\n...", "PDF"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
    "RTF": (b"{\\rtf1}", "RTF"),
    "no workbook": (b"PK\3\4 no archive", "xlsx"),
    "web page without table": (b"<html><p>none</p></html>", "no table"),
    "web page with an empty table": (b"<table></table>", "no table"),
    "web page with one line": (b"<table><tr><td>1</td></tr></table>", "no table"),
    "unclosed web page": (b"<table><tr><td>1<tr><td>2", "table"),
    "open quotation": (changed("x,", '"x,'), "table.csv"),
    "two quotations": (changed("25.0", '"25"0'), "CSV"),
    "very long cell": (changed("25.0", "2" * 100_000), "too large"),
    "very many columns": (
        (",".join(["a"] * 500) + "\n" + ",".join(["1"] * 500)).encode(),
        "larger",
    ),
    "very many lines": (b"a,b\n" * 2000, "larger"),
    "more values than are taken": (
        (
            ",".join(["r", *map(str, range(100))])
            + "\n"
            + "\n".join(",".join([f"r{i}", *["50%"] * 100]) for i in range(60))
        ).encode(),
        "largest table",
    ),
    "no label of a row": (changed("x,", ","), "line 2"),
    "row twice": (changed("y,", "x,"), "'x'"),
    "column twice": (changed("big", "small"), "'small'"),
    "no label of a column": (changed("big", ""), "column 3"),
    "only totals": (b"year,small,big,n\ntotal,4,6,10\nshare,40.0,60.0,100\n", "no row"),
    "no groups": (b"year,n\nx,4\ntotal,4\n", "no "),
    "percentages alone": (b"a,b,c\nx,25.0,75.0\ny,50.0,50.0\n", "percentages alone"),
    "counts alone": (b"a,b,c\nx,25,35\ny,51,60\n", "counts alone"),
}
CELLS = {
    "text": "abc",
    "exponent": "1e1",
    "hexadecimal": "0x1A",
    "two points": "2.5.0",
    "two percent signs": "25%%",
    "plus": "+25",
    "date": "2020-01-02",
    "time": "12:30",
    "range": "20-30",
    "mean": "25.0 \u00b1 1.2",
    "interval": "25.0 (20.1-30.2)",
    "question mark": "?",
    "money": "$25",
    "infinite": "inf",
    "other digits": "\u0be7\u0be8 x",
    "fraction": "1/2/3",
    "open bracket": "10 (25.0",
    "closed bracket": "25.0)",
    "three in brackets": "1 (2) (3)",
    "degree": "25\u00b0",
    "formula": "=A1+B2",
    "error of a spreadsheet": "#DIV/0!",
    "reference": "#REF!",
    "true": "TRUE",
    "roman": "XIV",
    "control": "2\x075",
    "two words": "about 25",
    "letter inside": "2x5",
    "many signs": "!!!",
    "spelled": "twenty",
    "tilde": "~25",
    "equal": "=25",
}
BAD |= {
    f"cell: {name}": (changed("25.0", text), "row 'x', column 'small'")
    for name, text in CELLS.items()
}
NUMBERS = {
    "negative": ("25.0", "-25.0", "negative"),
    "minus sign": ("25.0", "\u221225.0", "negative"),
    "over 100": ("75.0", "175.0", "over 100"),
    "just over 100": ("75.0", "100.1", "over 100"),
    "too many decimals": ("25.0", "25.00000000", "decimals"),
    "share over 100": ("40.0", "140.0", "over 100"),
    "negative n": ("0,4\n", "0,-4\n", "negative"),
    "n with decimals": ("0,4\n", "0,4.5\n", "whole number"),
    "huge n": ("0,4\n", "0,99999999999999999999\n", "too large"),
    "large n": ("0,4\n", "0,1000000001\n", "too large"),
    "total with decimals": ("total,4,", "total,4.5,", "whole number"),
    "total with text": ("total,4,", "total,four,", "not a number"),
    "grand total with text": ("6,10\n", "6,ten\n", "not a number"),
    "grand total negative": ("6,10\n", "6,-10\n", "negative"),
    "share with text": ("40.0", "x%", "not a number"),
    "n of words": ("0,4\n", "0,four\n", "not a number"),
}
BAD |= {
    f"number: {name}": (changed(old, new), words) for name, (old, new, words) in NUMBERS.items()
}
MORE = {
    "count and percentage over 100": ("10 (25.0)", "10 (250.0)", "over 100"),
    "count with decimals": ("10 (25.0)", "10.5 (25.0%)", "whole number"),
    "negative count": ("10 (25.0)", "-10 (25.0)", "negative"),
    "text in a medical table": ("10 (25.0)", "ten (25.0)", "not a number"),
    "three numbers": ("10 (25.0)", "10 (25.0) 3", "not a number"),
    "half a cell": ("10 (25.0)", "10 (", "not a number"),
    "row twice under a heading": ("Male,", "Female,", "'Female'"),
    "arm twice": ("Placebo (n=50)", "Drug (n=50)", "'Drug'"),
    "out of more": ("10 (25.0)", "10/4/2", "not a number"),
    "two counts and words": ("10 (25.0)", "10 of the 40", "not a number"),
    "a star alone in brackets": ("10 (25.0)", "10 (*)", "not a number"),
    "semicolon inside": ("10 (25.0)", "10;25.0", "not a number"),
    "slash": ("10 (25.0)", "10/", "not a number"),
    "empty brackets": ("10 (25.0)", "10 ()", "not a number"),
    "too many decimals in brackets": ("10 (25.0)", "10 (25.0000001)", "decimals"),
    "too large in brackets": ("10 (25.0)", "10 (99999999999999)", "too large"),
    "too large a count": ("10 (25.0)", "99999999999 (25.0)", "too large"),
}
BAD |= {
    f"medical: {name}": (changed(old, new, MEDICAL), words)
    for name, (old, new, words) in MORE.items()
}


def test_a_hundred_kinds_of_bad_input():
    assert len(BAD) >= 100


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_a_sentence(name, tmp_path):
    """No traceback whatever the input."""
    content, place = BAD[name]
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        audit(path)
    message = str(error.value)
    assert "table.csv" in message and place in message
    for fault in error.value.faults:
        assert fault.endswith(".") and "\n" not in fault and len(fault) < 400


def test_all_faults_of_a_file_are_said_at_once(tmp_path, capsys):
    """A file with three faults needs one reading, not three."""
    path = tmp_path / "table.csv"
    path.write_text(GOOD.replace("25.0", "abc").replace("75.0", "175").replace("40.0", "-1"))
    assert main([str(path)]) == 2
    faults = capsys.readouterr().err.splitlines()
    assert len(faults) == 3
    assert all(words in " ".join(faults) for words in ("'abc'", "over 100", "negative"))


@pytest.mark.parametrize(
    "text",
    [
        "\n\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.replace(",", " , "),
        GOOD + "\n,,,\n",
        GOOD.rstrip(),
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace(",", ";").replace(".", ","),
        GOOD.replace("25.0", "25.0%"),
        GOOD.replace("25.0", "25.0*"),
        GOOD.replace("25.0", "25\u00b70"),
        GOOD.replace("25.0", "25.0\u2020").replace("75.0", "75.0 a"),
        GOOD.replace("25.0", '"25.0"'),
        GOOD.replace("y,", "\ny,"),
        GOOD.replace("total,", "Total,").replace(",n\n", ",N\n"),
        GOOD.replace("total,4,6,10\n", ""),
        GOOD.replace("share,40.0,60.0,100\n", ""),
        GOOD.replace("x,25.0", "x,-"),
        GOOD.replace("x,25.0", "x,NA"),
        GOOD.replace("50.0,50.0,6", "50.0,50.0,"),
        GOOD.replace("x,25.0", "x,<30"),
    ],
)
def test_what_is_on_the_desk_is_read(text, tmp_path):
    """A blank first line was a traceback; signs, gaps and separators were refused."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    result = audit(path)
    assert result.verdict == "consistent" and result.table.groups == ("x", "y")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp1252", "utf-8-sig"])
def test_encodings(encoding, tmp_path):
    """UTF-32 was called UTF-16."""
    path = tmp_path / "table.csv"
    path.write_bytes(GOOD.replace("year", "ann\u00e9e").encode(encoding))
    assert audit(path).verdict == "consistent"


@pytest.mark.parametrize(
    ("text", "comma", "parts"),
    [
        ("12", False, [("", "12")]),
        ("12.5%", False, [("percent", "12.5")]),
        ("1,234", False, [("", "1234")]),
        ("1 234", False, [("", "1234")]),
        ("1.234", True, [("", "1234")]),
        ("12,5 %", True, [("percent", "12.5")]),
        ("39 (42.9)", False, [("count", "39"), ("percent", "42.9")]),
        ("42.9% (39)", False, [("percent", "42.9"), ("count", "39")]),
        ("39/91 (42.9)", False, [("count", "39"), ("base", "91"), ("percent", "42.9")]),
        ("42.9 (39/91)", False, [("count", "39"), ("base", "91"), ("percent", "42.9")]),
        ("39 (43)", False, [("", "39"), ("", "43")]),
        ("39, 42.9%", False, [("count", "39"), ("percent", "42.9")]),
        ("39 [42\u00b79%]", False, [("count", "39"), ("percent", "42.9")]),
        ("\u2014", False, []),
        ("n.a.", False, []),
        ("<1", False, [("", "<1")]),
        ("54.3 (12.1)", False, None),
        ("5 (3\u20139)", False, None),
        ("1,234 (5.6)\u2021", False, [("count", "1234"), ("percent", "5.6")]),
        (".5", False, [("", ".5")]),
        ("7 of 9", False, [("count", "7"), ("base", "9")]),
    ],
)
def test_cells(text, comma, parts):
    found = parts_of(text, comma)
    assert found == parts or [(p.kind, p.printed.text) for p in found] == parts


def test_status_and_streams(tmp_path, capsys, monkeypatch):
    good, bad, broken = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "broken.csv"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("25.0", "26.0"))
    broken.write_text(GOOD.replace("25.0", "abc"))
    assert main([str(good)]) == 0 and "Consistent" in capsys.readouterr().out
    assert main([str(bad)]) == 1 and "Not consistent" in capsys.readouterr().out
    assert main([str(broken)]) == 2 and capsys.readouterr().out == ""
    assert main([str(tmp_path / "missing.csv")]) == 2
    assert main([str(good), str(bad)]) == 1 and len(capsys.readouterr().out.splitlines()) == 2
    assert main(["--json", str(tmp_path)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["verdict"] for line in lines) == ["consistent", "inconsistent", "unreadable"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert main(["-"]) == 0 and "standard input" in capsys.readouterr().out
    for limit in ("0", "-1", "x", "nan", "inf"):
        with pytest.raises(SystemExit) as stop:
            main([str(good), "--time-limit", limit])
        assert stop.value.code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main([str(empty)]) == 2


def test_of_several_tables_none_is_taken_in_silence(tmp_path):
    """The first of a file's tables was audited as if it were the only one."""
    rows = [line.split(",") for line in GOOD.splitlines()]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    path = tmp_path / "page.html"
    path.write_text(f"<table>{table}</table><table>{table.replace('25.0', '26.0')}</table>")
    with pytest.raises(DataError, match=r"page.html: holds 2 tables; say which with number=1 to 2"):
        audit(path)
    assert [audit(path, number=k).verdict for k in (1, 2)] == ["consistent", "inconsistent"]
    assert [audit(grid).verdict for grid in read_grids(path)] == ["consistent", "inconsistent"]
    for number in (0, 3):
        with pytest.raises(DataError):
            audit(path, number=number)


def test_marks_are_those_of_the_report():
    result = audit(GOOD.replace("25.0", "26.0"))
    assert set(result.marks) == {("x", "small"), ("x", "n")}
    report = result.to_html()
    assert all(reason in report for reason in result.marks.values())
    assert audit(GOOD).marks == {}


def test_not_settled_has_its_own_status(tmp_path, capsys, monkeypatch):
    """Unknown is not inconsistent."""
    path = tmp_path / "table.csv"
    path.write_text(GOOD)
    assert main([str(path), "--time-limit", "0.000001"]) == 3
    assert "Not settled" in capsys.readouterr().out


def test_version_and_help():
    for option in ("--version", "--help"):
        run = command(option)
        assert run.returncode == 0 and "grimtable" in run.stdout


@pytest.mark.book
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    """A pipe without writer made the audit wait for ever; a full device, endless input."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "regular file" in command(pipe).stderr
    large = tmp_path / "large.csv"
    large.write_bytes(b"a,b\n" * (LARGEST_FILE // 4 + 1))
    run = command(large)
    assert run.returncode == 2 and "larger than" in run.stderr and "Traceback" not in run.stderr
    with open("/dev/zero", "rb") as endless:
        run = command("-", stdin=endless)
    assert run.returncode == 2 and "larger than" in run.stderr
    with pytest.raises(DataError):
        read_grids("nul\0byte")


@pytest.mark.book
def test_a_full_device_is_said(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(GOOD)
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "grimtable", str(path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
            timeout=60,
        )
    assert (
        run.returncode == 2 and "Traceback" not in run.stderr and "cannot be written" in run.stderr
    )


@pytest.mark.book
def test_an_interrupt_is_heard(tmp_path):
    """Ctrl-C ran on for a minute and then printed a report."""
    from make_tables import corrupted, cross_table, random_counts, text_of

    path = tmp_path / "table.csv"
    path.write_text(text_of(corrupted(cross_table(random_counts(1, 20, 12, 400), 0), 3, 9)[0]))
    run = subprocess.Popen(
        [sys.executable, "-m", "grimtable", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        # What runs in the background ignores interrupts, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert " s\n" in run.stderr.readline()  # it is at work
    start = time.monotonic()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=10)
    assert time.monotonic() - start < 2
    assert run.returncode == 130 and out == "" and "Stopped" in err and "Traceback" not in err


def test_labels_cannot_steer_the_terminal(tmp_path, capsys):
    """Escape sequences and direction marks in labels are spelled out."""
    path = tmp_path / "table.csv"
    path.write_text(GOOD.replace("x,25.0", "\x1b[31mx\u202e,26.0"), encoding="utf-8")
    assert main([str(path)]) == 1
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and "\u202e" not in printed and "\\u001b" in printed
    assert main([str(path), "--html"]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_json_follows_its_schema(tmp_path):
    import jsonschema

    for text in (GOOD, GOOD.replace("25.0", "26.0"), MEDICAL, GOOD.replace("6,10\n", "6,11\n")):
        path = tmp_path / "table.csv"
        path.write_text(text)
        for counts in (None, True):
            jsonschema.validate(audit(path).to_dict(counts), SCHEMA)
    jsonschema.validate(audit(path, time_limit=1e-6).to_dict(), SCHEMA)
    result = audit(path).to_dict(True)
    assert result["repair"]["counts"]["x"] == {"small": 1, "big": 3, "n": 4}
    assert list(result["repair"]["counts"]) == ["x", "y", "total"]


def test_html_is_one_accessible_file(tmp_path):
    import html5lib

    path = tmp_path / "<b>&.csv"
    path.write_text(GOOD.replace("25.0", "26.0").replace("x,", "<i>x</i>,"))
    result = audit(path)
    text = result.to_html()
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(text)  # raises where the markup is wrong
    assert (
        '<html lang="en">' in text and "<h1>" in text and "<caption>" in text and "http" not in text
    )
    assert 'class="wrong"' in text or 'class="doubtful"' in text
    assert "<i>x" not in text and "&lt;i&gt;x" in text
    assert result._repr_html_() in text


def test_several_tables_of_a_page(tmp_path, capsys):
    lines = [line.split(",") for line in GOOD.splitlines()]
    table = (
        "<table>"
        + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in line) + "</tr>" for line in lines)
        + "</table>"
    )
    path = tmp_path / "page.html"
    path.write_text(f"<html>{table}<p>and</p>{table}</html>")
    assert main([str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
