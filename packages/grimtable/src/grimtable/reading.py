"""Files and data frames as grids of printed cells, and the numbers in a cell."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from grimtable.errors import DataError
from grimtable.numbers import LARGEST_COUNT, MOST_DECIMALS, PrintedNumber

LARGEST_FILE = 5_000_000
MOST_LINES = 1_000
MOST_COLUMNS = 200
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".html", ".htm", ".xml", ".nxml")


@dataclass(frozen=True)
class Grid:
    """Cells as printed.

    Parameters
    ----------
    source : str
        Where it was read from.
    cells : list of list of str
        Lines of equal length.
    header : int or None
        How many lines are header, where the source says so.
    """

    source: str
    cells: list[list[str]] = field(default_factory=list)
    header: int | None = None


def read_grids(path: str | Path) -> list[Grid]:
    """Read the tables of a file; "-" is standard input.

    Parameters
    ----------
    path : str or Path
        CSV, TSV, xlsx, HTML or JATS.

    Returns
    -------
    list of Grid
        At least one.

    Raises
    ------
    DataError
        The file cannot be read; the message says what to do.
    """
    source = "standard input" if str(path) == "-" else str(path)
    data = _bytes(path, source)
    if data.startswith(b"PK\3\4"):
        return _workbook(data, source)
    old_office = b"\xd0\xcf\x11\xe0"
    others = {b"%PDF": "a PDF", old_office: "an old Excel or Word file", b"{\\rtf": "RTF"}
    for start, kind in others.items():
        if data.startswith(start):
            raise DataError(f"{source}: this is {kind}; save the table as CSV, xlsx or HTML.")
    return text_grids(_text(data, source), source)


def text_grids(text: str, source: str = "table") -> list[Grid]:
    """Read the tables of a text: separated values, HTML or JATS; as `read_grids`."""
    if not text.strip():
        raise DataError(f"{source}: the file is empty.")
    if text.lstrip().startswith("<"):
        parser = _Tables()
        parser.feed(text)
        parser.close()
        grids = [
            Grid(f"{source}, table {k}" if len(parser.tables) > 1 else source, _even(cells), header)
            for k, (cells, header) in enumerate(parser.tables, start=1)
            if len(cells) > 1
        ]
        if not grids:
            raise DataError(f"{source}: no table in this HTML or XML.")
        return [_sized(grid) for grid in grids]
    return [_sized(Grid(source, _even(_separated(text, source))))]


def _bytes(path: str | Path, source: str) -> bytes:
    data, fault = b"", ""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        elif Path(path).is_dir():
            fault = "this is a directory; name a file"
        elif Path(path).exists() and not Path(path).is_file():
            fault = "not a regular file; pass a table on standard input as '-'"
        else:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        fault = "there is no such file"
    except (OSError, ValueError) as error:
        fault = f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if len(data) > LARGEST_FILE:
        fault = f"larger than {LARGEST_FILE // 10**6} MB; cut out the table to audit"
    if fault:
        raise DataError(f"{source}: {fault}.")
    return data


def _text(data: bytes, source: str) -> str:
    marks = {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    marked = next((encoding for mark, encoding in marks.items() if data.startswith(mark)), None)
    if not marked and b"\0" in data:
        raise DataError(
            f"{source}: not a text file (it holds NUL bytes); save the table as CSV, xlsx or HTML."
        )
    broken = []
    for encoding in [marked] if marked else ["utf-8-sig", "cp1252"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            broken.append(error.start)
    if marked:
        raise DataError(f"{source}: broken {marked.upper()} text; save the file as UTF-8.")
    line = data[: broken[0]].count(b"\n") + 1
    raise DataError(f"{source}, line {line}: not UTF-8 text; save the file as UTF-8.")


def _separated(text: str, source: str) -> list[list[str]]:
    """Lines of a text, by the separator that gives most lines one width."""
    tried, broken = [], ""
    for separator in "\t;,|":
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
            lines = [[cell.strip() for cell in line] for line in reader]
        except csv.Error as error:
            broken = broken or str(error)
            continue
        widths = [len(line) for line in lines if any(line)]
        common = max(set(widths), key=lambda w: (widths.count(w), w), default=1)
        tried.append((widths.count(common) / len(widths) if common > 1 else 0.0, lines))
    score, lines = max(tried, key=lambda one: one[0], default=(0.0, []))
    if not score and broken:
        raise DataError(f"{source}: not readable as CSV ({broken}); check the quotation marks.")
    if not score:
        raise DataError(
            f"{source}: one column only; columns are separated by commas, semicolons or tabs."
        )
    return lines


def _even(lines: list[list[str]]) -> list[list[str]]:
    """Without empty lines and columns, and all of one length."""
    width = max(map(len, lines), default=0)
    lines = [line + [""] * (width - len(line)) for line in lines if any(map(str.strip, line))]
    used = [j for j in range(width) if any(line[j].strip() for line in lines)]
    return [[line[j].strip() for j in used] for line in lines]


def _sized(grid: Grid) -> Grid:
    if len(grid.cells) > MOST_LINES or max(map(len, grid.cells), default=0) > MOST_COLUMNS:
        raise DataError(
            f"{grid.source}: larger than {MOST_LINES} lines or {MOST_COLUMNS} columns; cut out the"
            " table to audit."
        )
    return grid


class _Tables(HTMLParser):
    """The tables of an HTML or JATS document, spans filled."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[list[list[str]], int | None]] = []
        self.depth = 0
        self.lines: list[dict[int, str]] = []
        self.text: list[str] | None = None
        self.header = 0
        self.in_head = False
        self.small = 0

    def handle_starttag(self, tag, attrs):
        """Open a table, line or cell."""
        if tag == "table":
            self.depth += 1
            self.lines, self.header, self.pending = [], 0, {}
        elif not self.depth:
            return
        elif tag == "thead":
            self.in_head = True
        elif tag == "tr":
            self._close()
            self.lines.append(dict(self.pending.pop(len(self.lines), {})))
            self.header += self.in_head
        elif tag in ("td", "th") and self.lines:
            self._close()
            span = {key: value for key, value in attrs if key in ("colspan", "rowspan")}
            self.span = tuple(_span(span.get(key)) for key in ("colspan", "rowspan"))
            self.text = []
        elif tag in ("br", "break", "p") and self.text:
            self.text.append(" ")
        elif tag in ("sup", "xref"):
            self.small += 1

    def handle_endtag(self, tag):
        """Close a table, line or cell."""
        if tag in ("td", "th", "tr"):
            self._close()
        elif tag == "thead":
            self.in_head = False
        elif tag in ("sup", "xref"):
            self.small = max(0, self.small - 1)
        elif tag == "table" and self.depth:
            self._close()
            self.depth -= 1
            width = max((max(line, default=-1) + 1 for line in self.lines), default=0)
            cells = [[line.get(j, "") for j in range(width)] for line in self.lines]
            self.tables.append((cells, self.header or None))

    def handle_data(self, data):
        """Add to the open cell; what is raised is a footnote mark."""
        if self.text is not None and not (self.small and len(data.strip()) < 4):
            self.text.append(data)

    def _close(self) -> None:
        if self.text is None:
            return
        text, self.text = " ".join("".join(self.text).split()), None
        line, row = self.lines[-1], len(self.lines) - 1
        start = next(j for j in range(MOST_COLUMNS * 10) if j not in line)
        across, down = self.span
        for j in range(start, start + across):
            # A heading over several columns belongs to each; a number stands once.
            line[j] = text if j == start or self.in_head or not re.search(r"\d", text) else ""
            for k in range(1, down):
                self.pending.setdefault(row + k, {})[j] = text if self.in_head or j else ""


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MOST_COLUMNS) if text and text.isascii() and text.isdigit() else 1


def _workbook(data: bytes, source: str) -> list[Grid]:
    try:
        import openpyxl
    except ImportError:
        raise DataError(
            f"{source}: reading xlsx needs openpyxl (pip install openpyxl), or save it as CSV."
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = []
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=MOST_LINES + 1, max_col=MOST_COLUMNS + 1)
            sheets.append((sheet.title, _even([list(map(_shown, row)) for row in rows])))
    except Exception as error:  # whatever a broken archive makes the reader raise
        raise DataError(
            f"{source}: not a readable xlsx file ({type(error).__name__}); save it as CSV."
        ) from None
    grids = [
        _sized(Grid(source if len(sheets) == 1 else f"{source}, sheet {title}", cells))
        for title, cells in sheets
        if len(cells) > 1
    ]
    if not grids:
        raise DataError(f"{source}: no sheet with a table.")
    return grids


def _shown(cell) -> str:
    """A spreadsheet's cell as it is displayed."""
    value, number_format = cell.value, getattr(cell, "number_format", "General")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    match = re.search(r"0(?:\.(0+))?", number_format)
    decimals = len(match[1] or "") if match and number_format != "General" else None
    if "%" in number_format:
        return f"{100 * value:.{decimals or 0}f}%"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return str(int(value)) if float(value).is_integer() else repr(value)


def frame_grid(frame, name: str = "table") -> Grid:
    """A pandas DataFrame as a grid; its index are the row labels, unless it just counts."""
    import pandas

    frame = frame.copy()
    if not (isinstance(frame.index, pandas.RangeIndex) and frame.index.name is None):
        frame = frame.reset_index(
            names=frame.index.names if frame.index.nlevels > 1 else frame.index.name or ""
        )
    lines = []
    for column in frame.columns:
        title = " / ".join(map(str, column)) if isinstance(column, tuple) else str(column)
        lines.append([title, *_written(frame[column])])
    cells = [list(line) for line in zip(*lines, strict=True)]
    if not cells or len(cells) < 2:
        raise DataError(f"{name}: the data frame is empty.")
    return _sized(Grid(name, [[cell.strip() for cell in line] for line in cells], 1))


def _written(column) -> list[str]:
    """The texts of a column; floats with as many decimals as the longest needs."""
    floats = [v for v in column if isinstance(v, float) and v == v and not v.is_integer()]
    decimals = min(max((len(repr(v).partition(".")[2]) for v in floats), default=0), 15)
    texts = []
    for value in column:
        missing = value is None or value != value
        text = f"{value:.{decimals}f}" if isinstance(value, float) else str(value)
        texts.append("" if missing else text)
    return texts


MISSING = {
    "", "-", "--", "\u2013", "\u2014", "na", "n/a", "n.a.", "nr", "nd", ".", "..", "...", "\u2026",
    "nan", "none", "\u2020", "*", ":", "x", "missing", "\u00b7",
}  # fmt: skip
_NUMBER = r"[<>\u2264\u2265]?\s*-?(?:\d+(?:\.\d+)?|\.\d+)"
_SINGLE = re.compile(rf"({_NUMBER})\s*(%?)")
_PAIR = re.compile(
    rf"({_NUMBER})\s*(%?)\s*[,;]?\s*[(\[]\s*({_NUMBER})\s*(%?)\s*[)\]]"
    rf"|({_NUMBER})\s*(%?)\s*[,;]\s+({_NUMBER})\s*(%?)"
)
_OUT_OF = re.compile(
    rf"({_NUMBER})\s*(?:/|of)\s*({_NUMBER})(?:\s*,?\s*[(\[]?\s*({_NUMBER})\s*%?\s*[)\]]?)?"
)
_OUT_OF_LAST = re.compile(
    rf"({_NUMBER})\s*%?\s*[(\[]\s*({_NUMBER})\s*(?:/|of)\s*({_NUMBER})\s*[)\]]"
)
_SEVERAL = re.compile(rf"{_NUMBER}(?:\s*[\s/;|]\s*{_NUMBER}\s*%?){{2,3}}")
_NOTE = re.compile(
    r"(?<=[\d%)\]])\s*"
    r"(?:[*\u2020\u2021\u00a7\u00b6#\u2016]+|\^\w+|\[[a-z]\]|(?<![a-z])[a-e](?:,[a-e])*)+$"
)


@dataclass(frozen=True)
class Part:
    """A number in a cell: "count", "percent", "base" or "" where the cell alone does not tell."""

    kind: str
    printed: PrintedNumber


def decimal_comma(grid: Grid) -> bool:
    """Whether decimals stand after a comma in this table."""
    text = " ".join(cell for line in grid.cells for cell in line[1:])
    commas = re.findall(r"(?<![\d.,])\d{1,3},\d{1,2}(?![\d,])", text)
    points = re.findall(r"(?<![\d.,])\d{1,3}[.\u00b7]\d{1,2}(?![\d.])", text)
    return len(commas) > len(points)


def parts_of(text: str, comma: bool = False) -> list[Part] | None:
    """The numbers in a cell, [] where it is missing, None where it is something else.

    Raises
    ------
    ValueError
        A number that cannot be one, with the reason.
    """
    text = _plain(text, comma)
    if text.lower() in MISSING:
        return []
    if match := _SINGLE.fullmatch(text):
        return [Part("percent" if match[2] else "", _number(match[1]))]
    if match := _OUT_OF.fullmatch(text):
        found = [Part("count", _number(match[1])), Part("base", _number(match[2]))]
        return found + ([Part("percent", _number(match[3]))] if match[3] else [])
    if match := _OUT_OF_LAST.fullmatch(text):
        kinds = {"count": match[2], "base": match[3], "percent": match[1]}
        return [Part(kind, _number(text)) for kind, text in kinds.items()]
    if match := _PAIR.fullmatch(text):
        first, sign, second, other = (match[k] or match[k + 4] or "" for k in range(1, 5))
        one, two = _number(first), _number(second)
        if sign or (one.decimals and not (other or two.decimals)):
            return [Part("percent", one), Part("count", two)]
        if other or (two.decimals and not one.decimals):
            return [Part("count", one), Part("percent", two)]
        return None if one.decimals else [Part("", one), Part("", two)]
    if _SEVERAL.fullmatch(text):
        numbers = [_number(part) for part in re.findall(_NUMBER, text)]
        if not numbers[0].decimals and all(n.decimals for n in numbers[1:]):
            return [Part("count", numbers[0]), *(Part("percent", n) for n in numbers[1:])]
    return None


def _plain(text: str, comma: bool) -> str:
    """The text without footnote marks and separators of thousands, with decimal points."""

    def joined(match: re.Match) -> str:
        return re.sub(r"\D", "", match[1])

    text = re.sub(
        r"(?<=[\d%)\]])[\u00b9\u00b2\u00b3\u2070-\u2079\u1d43-\u1dbf,]+$", "", text.strip()
    )
    text = re.sub(r"(?<=\d)[\u00b7\u2219\u22c5](?=\d)", ".", text)
    text = re.sub("[\u2212\u2013\u2014]", "-", unicodedata.normalize("NFKC", text))
    text = re.sub(r"\b[nN]\s*=\s*", "", " ".join(text.split()))
    text = _NOTE.sub("", text)
    text = re.sub(r"(?<![\d.,])(\d{1,3}(?:[ '\u2019]\d{3})+)(?![\d])", joined, text)
    group = r"\." if comma else ","
    text = re.sub(rf"(?<![\d.,])(\d{{1,3}}(?:{group}\d{{3}})+)(?!\d)", joined, text)
    return re.sub(r"(?<=\d),(?=\d)", ".", text) if comma else text


def _number(text: str) -> PrintedNumber:
    text = text.strip()
    relation = {"<": "<", "\u2264": "<", ">": ">", "\u2265": ">"}.get(text[:1], "")
    digits = text.lstrip("<>\u2264\u2265 ")
    if digits.startswith("-"):
        raise ValueError("is negative, which neither a count nor a percentage can be")
    whole, _, decimals = digits.partition(".")
    if len(decimals) > MOST_DECIMALS:
        raise ValueError(f"has more than {MOST_DECIMALS} decimals; give it as printed")
    if len(whole) > 12 or int(whole or 0) > LARGEST_COUNT:
        raise ValueError(f"is too large; counts up to {LARGEST_COUNT} are audited")
    units = int(whole + decimals)
    if relation and text[0] in "\u2264\u2265":
        # "at most 5" is "less than 6" in the last printed digit
        units = max(units + (1 if relation == "<" else -1), 0)
    return PrintedNumber(text if relation else digits, units, len(decimals), relation)
