"""From a grid of printed cells to a table: what stands in it, and of what it is a percentage.

Recognised are percentages of rows, of columns and of the grand total, alone or with
counts ("n (%)", "% (n)", "n/N (%)", or in columns of their own), stacked blocks under
one header as in a medical Table 1, and columns or rows of "yes" percentages whose
complement is not printed. Totals, shares and any cell may be absent.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from operator import attrgetter

from grimtable.errors import DataError
from grimtable.numbers import PrintedNumber
from grimtable.reading import Grid, Part, decimal_comma, parts_of
from grimtable.tables import MOST_VALUES, Block, Table, Value

LAYOUTS = {
    "row": "row percentages",
    "column": "column percentages",
    "total": "percentages of the grand total",
}
NEAR = Fraction(1, 10)
_TOTAL = re.compile(
    r"(grand |row |column |sub)?totals?|all|overall|sum|entire|whole( sample| cohort)?|combined"
    r"|both( sexes)?|(all|total) (patients|participants|respondents|subjects|cases|periods|groups"
    r"|women|men|children)|total (sample|population|cohort)",
    re.I,
)
_SIZE = re.compile(
    r"n|no\.|number|count|base|sample( size)?|(un)?weighted (n|base)|respondents|total n|n total"
    r"|(number|no\.) of (patients|participants|respondents|subjects|cases|women|men|children"
    r"|observations)|(no\.|number) (tested|examined)|cases|denominator|bases?",
    re.I,
)
_SHARE = re.compile(
    r"shares?|%|per ?cent|percentages?|averages?|average share|total %|% of total|proportion", re.I
)
_OTHER = re.compile(
    r"p|p [a-c]|p[- ]?values?.*|p for .*|p trend|.*\bp value\b.*|\u03c7.*|chi.*|x2|test.*|t|f|z|df"
    r"|statistic|smd|cram.r.*|(adjusted |crude )?(odds|risk|hazard) ratios?.*"
    r"|(adjusted |crude )?(or|rr|hr|aor|arr)\b(\s*[\[(].*)?|.*\b95 ?% ?ci([a-c]|\b.*)"
    r"|.*difference.*|% (decrease|increase|change).*|(number of |# of )?events"
    r"|std.*|s\.?e\.?|s\.?d\.?|standard error.*|mean.*",
    re.I,
)
_MEASURE = re.compile(
    r"\b(mean|median|average"
    r" age|s\.?d\.?|iqr|range|s\.?e\.?m?|min|max|quartiles?|score|ratio|index)\b",
    re.I,
)
_N_IN_LABEL = re.compile(
    r"[\[(]?\s*\b[nN]\s*=\s*(\d{1,3}(?:[, \u00a0\u2009\u202f.]\d{3})+|\d+)\s*[\])]?"
)
_UNIT = re.compile(
    r"(?:^|[,;:]|(?<=\s)|(?<=[(\[/]))\s*[\[(]?\s*"
    r"((n|no\.?|number|count|freq(uency)?)\s*[,/]?\s*[\[(]?\s*%\s*[\])]?"
    r"|%\s*[\[(/,]?\s*(n|no\.?)\s*[\])]?|%|n|no\.)\s*[\])]?$",
    re.I,
)
_OF = re.compile(r"(%|#|no\.|number) of (?:all )?(.+)", re.I)
_FREQUENCY = re.compile(r"freq(uency|\.)?|frequencies|counts?|cases|n|no\.|number", re.I)


@dataclass(eq=False)
class _Line:
    """What the label of a row or column says."""

    label: str
    at: int  # number of the line or column in the grid
    role: str = "data"  # or "total", "size", "share", "other"
    kind: str = ""  # "count" or "percent", where the label says so
    size: PrintedNumber | None = None
    block: str = ""
    group: str = ""  # where the label itself names no group
    pair: str = ""  # order of two whole numbers in a cell: "n%" or "%n"

    @property
    def name(self) -> str:
        """Its label in the table."""
        return self.group or (f"{self.block}: {self.label}" if self.block else self.label)


@dataclass
class _Entry:
    """A number in a cell; `marked` is the kind that its cell alone tells."""

    row: _Line
    column: _Line
    printed: PrintedNumber
    marked: str
    kind: str
    several: bool = False

    @property
    def cell(self) -> tuple[int, int]:
        """Line and column in the grid."""
        return self.row.at, self.column.at


@dataclass
class _Sheet:
    """A grid with its lines described and its numbers read."""

    grid: Grid
    header: int
    labels: int
    comma: bool
    rows: dict[int, _Line] = field(default_factory=dict)
    columns: dict[int, _Line] = field(default_factory=dict)
    entries: list[_Entry] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def where(self, row: _Line, column: _Line) -> str:
        """A place in words."""
        return f"{self.grid.source}, row {row.label!r}, column {column.label!r}"

    def numbers(self, kind: str) -> dict[tuple[int, int], PrintedNumber]:
        """The numbers of one kind by cell."""
        return {e.cell: e.printed for e in self.entries if e.kind == kind}


def _grouped(items, key) -> dict:
    found = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return found


def table_of(
    grid: Grid, layout: str = "auto", exhaustive: bool | None = None, n: str | None = None
) -> Table:
    """Recognise the layout of a grid and read it as a table.

    Parameters
    ----------
    grid : Grid
    layout : str
        "auto", "row", "column" or "total": of what the percentages are parts.
    exhaustive : bool, optional
        Whether the categories of each block are complete and exclude each other.
    n : str, optional
        Label of the row or column of group sizes.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        All faults of the grid, or why it cannot be audited.
    """
    if layout != "auto" and layout not in LAYOUTS:
        raise DataError(f"{layout!r} is no layout: choose auto, {', '.join(LAYOUTS)}.")
    sheet = _described(grid, n)
    _read_cells(sheet)
    if not sheet.entries:
        raise DataError(
            f"{grid.source}: no numbers in the table that counts or percentages could be read from."
        )
    if len(sheet.entries) > MOST_VALUES:
        raise DataError(
            f"{grid.source}: more than {MOST_VALUES} values, which is the largest table; cut out a"
            " part."
        )
    _settle_kinds(sheet)
    if faults := _misprinted(sheet):
        raise DataError(*faults)
    table = _built(sheet, _recognised(sheet) if layout == "auto" else layout, exhaustive)
    kinds = {v.kind for v in table.values}
    if "percent" not in kinds and not any(v.group is None for v in table.values):
        raise DataError(
            f"{grid.source}: counts alone, without totals or percentages, cannot contradict each"
            " other."
        )
    if kinds == {"percent"}:
        raise DataError(
            f"{grid.source}: percentages alone cannot be audited; add the numbers of cases (a"
            " column or row n)."
        )
    return table


def _cell(text: str, comma: bool) -> list[Part] | None:
    try:
        return parts_of(text, comma)
    except ValueError:
        return []


def _described(grid: Grid, n: str | None) -> _Sheet:
    cells, comma = grid.cells, decimal_comma(grid)
    if len(cells) < 2 or len(cells[0]) < 2:
        raise DataError(
            f"{grid.source}: a table needs a header, row labels and at least one column of numbers."
        )
    header = grid.header or 1
    while grid.header is None and header < len(cells) - 1:  # lines that only continue the header
        if not _continues_header(cells[header], comma):
            break
        header += 1
    # A second column of words are the categories; the first then names the block.
    labels = 1
    while labels < min(len(cells[0]) - 1, 3):
        words = [line[labels] for line in cells[header:] if line[labels]]
        numbers = [w for w in words if _cell(w, comma) is not None or re.search(r"\d[^a-z]*\(", w)]
        if 2 * len(numbers) >= len(words):
            break
        labels += 1
    sheet = _Sheet(grid, header, labels, comma)
    for j, pieces in _headings(cells[:header], labels).items():
        sheet.columns[j] = _line(" / ".join(pieces), j, n, pieces)
    _unnamed(sheet)
    controls = any(column.label.lower() == "controls" for column in sheet.columns.values())
    for column in sheet.columns.values():
        if controls and column.label.lower() == "cases":
            column.role = "data"
    if len(sheet.columns) == 1:  # the size stands in the corner
        (column,) = sheet.columns.values()
        column.size = column.size or _line(cells[0][0], 0, None).size
    _frequencies(sheet)
    _rows(sheet, n)
    last = sheet.columns[max(sheet.columns)]
    if last.label == "n":  # of "n" and "total", the one that is named n holds the sizes
        last.role = "size"
    return sheet


def _continues_header(line: list[str], comma: bool) -> bool:
    """Whether a line only continues the header: words, sizes or years, and no data."""
    texts = [cell for cell in line[1:] if cell]
    numbers = [cell for cell in texts if _cell(cell, comma)]
    if not texts or (line[0] and len(texts) == 1):
        return False
    if all(_N_IN_LABEL.search(cell) for cell in texts):
        return True
    if line[0]:
        return not numbers and all(re.search(r"[^\W\d_]", cell) for cell in texts)
    return all(re.fullmatch(r"(19|20)\d\d", cell) for cell in numbers)


def _headings(lines: list[list[str]], labels: int) -> dict[int, list[str]]:
    """The texts above each column: a heading spans the empty cells to its right.

    What stands above all columns alike is a title and names none of them.
    """
    pieces: dict[int, list[str]] = {j: [] for j in range(labels, len(lines[0]))}
    for i, line in enumerate(lines):
        spanning = ""
        for j, found in pieces.items():
            below = any(later[j] for later in lines[i + 1 :])
            spanning = line[j] or (spanning if below else "")
            if spanning and spanning not in found:
                found.append(spanning)
    apart = re.compile(f"{_OTHER.pattern}|{_TOTAL.pattern}", re.I)
    named = [found for found in pieces.values() if found and not apart.fullmatch(found[-1])]
    for title in {text for found in named for text in found[:-1]}:
        if len(named) > 1 and all(title in found[:-1] for found in named):
            for found in pieces.values():
                found[:] = [text for text in found if text != title]
    return pieces


def _unnamed(sheet: _Sheet) -> None:
    """Name columns without a label that can only be one thing, and pair counts with shares."""
    columns, body = sheet.columns, sheet.grid.cells[sheet.header :]
    if len(columns) == 1:
        (column,) = columns.values()
        column.label = column.label or "value"
    for j, column in columns.items():
        left = columns.get(j - 1)
        if left is None or not left.label:
            continue
        signed = [line[j] for line in body if line[j]]
        if not column.label and all(text.endswith("%") for text in signed):
            column.label, column.role = "%", "share"
        elif column.kind == "percent" and left.kind == "count" and left.label in column.label:
            column.label, left.role = left.label, "data"


def _frequencies(sheet: _Sheet) -> None:
    """Two columns, of counts and of percentages, and no names of groups: one group."""
    columns = [c for c in sheet.columns.values() if c.role != "other"]
    counts = [c for c in columns if _FREQUENCY.fullmatch(c.label)]
    shares = [c for c in columns if c.role == "share"]
    if len(counts) == len(shares) == 1 and len(columns) == 2:
        for column, kind in ((counts[0], "count"), (shares[0], "percent")):
            column.role, column.kind, column.group = "data", kind, "all cases"


def _line(text: str, at: int, n: str | None, pieces: Sequence[str] = ()) -> _Line:
    text = " ".join(text.split())
    line = _Line(text, at)
    if match := _N_IN_LABEL.search(text):
        line.size = PrintedNumber(match[1], int(re.sub(r"\D", "", match[1])), 0)
        text = (text[: match.start()] + text[match.end() :]).strip(" ,;:/")
    headed, last = len(pieces) > 1, (pieces[-1] if pieces else text).strip()
    bare = re.sub(r"[\s,;:*\u2020\u2021\u00a7]+$", "", text)
    if pieces and (match := _OF.fullmatch(last)):
        line.kind = "percent" if match[1] == "%" else "count"
        bare = " / ".join([*pieces[:-1], match[2]])
    elif match := _UNIT.search(last):
        unit = match[1].lower().replace(" ", "")
        if "%" in unit and len(unit) > 1:
            line.pair = "%n" if unit.startswith("%") else "n%"
        elif match.start() or headed:
            line.kind = "percent" if unit == "%" else "count"
        if match.start() and not headed:
            bare = _UNIT.sub("", bare).strip(" ,;:")
        elif headed and not match.start():
            bare = _N_IN_LABEL.sub("", " / ".join(pieces[:-1])).strip(" ,;:/")
    line.label = re.sub(r"\s*/\s*\(?%\)?$", "", bare) or text
    name = bare.lower()
    names = {name} if not pieces or _UNIT.fullmatch(last) else {name, last.lower()}
    if n is not None:
        line.role = "size" if text == n else "total" if _TOTAL.fullmatch(name) else "data"
    elif any(map(_OTHER.fullmatch, names)):
        line.role = "other"
    elif _TOTAL.fullmatch(name):
        line.role = "total"
    elif line.size is None and any(map(_SIZE.fullmatch, names | {text.lower()})):
        line.role = "size"
    elif _SHARE.fullmatch(name):
        line.role = "share"
    return line


def _rows(sheet: _Sheet, n: str | None) -> None:
    """Describe the rows; those with a label alone open a block."""
    labels, body = sheet.labels, sheet.grid.cells[sheet.header :]
    data = [j for j, column in sheet.columns.items() if column.role != "other"]
    heading, first = _Line("", 0), ""
    codes = [line[0] for line in body]
    coded = labels > 1 and all(codes) and len(set(codes)) == len(codes)
    for i, line in enumerate(body, start=sheet.header):
        label = " ".join(line[0 if coded or labels == 1 else 1 : labels])
        if labels > 1 and not coded:
            first = line[0] or first
        filled = [line[j] for j in data if line[j]]
        described = _line(label or line[0], i, n)
        if not filled:
            heading = described
            continue
        read = [_cell(text, sheet.comma) for text in filled]
        marked = any(part.kind in ("percent", "base") for one in read for part in one or ())
        told = marked or described.pair or described.kind
        if all(one is None for one in read) or (not told and _MEASURE.search(label)):
            sheet.skipped.append(f"{label or f'line {i + 1}'}: no counts or percentages")
            continue
        if not label and not line[0]:
            sheet.faults.append(
                f"{sheet.grid.source}, line {i + 1}: the row has no label in the first column."
            )
            continue
        described.block = first if labels > 1 else heading.label
        described.pair = described.pair or heading.pair
        described.kind = described.kind or heading.kind
        if described.role == "other":
            described.role = "data"
        sheet.rows[i] = described


def _read_cells(sheet: _Sheet) -> None:
    source, faults = sheet.grid.source, sheet.faults
    columns = [column for column in sheet.columns.values() if column.role != "other"]
    for row, column in itertools.product(sheet.rows.values(), columns):
        text = sheet.grid.cells[row.at][column.at]
        shown = repr(text if len(text) <= 30 else text[:30] + "...")
        where = f"{sheet.where(row, column)}: {shown}"
        try:
            parts = parts_of(text, sheet.comma)
        except ValueError as error:
            faults.append(f"{where} {error}.")
            continue
        if parts is None:
            faults.append(f"{where} is not a number; give it as printed, or leave it out.")
            continue
        for k, part in enumerate(parts):
            kind = part.kind
            if kind == "percent" and part.printed.value > 100:
                faults.append(f"{where} is over 100; a percentage cannot be.")
            if not kind and len(parts) == 2:
                order = row.pair or column.pair or "n%"
                kind = "count" if (k == 0) == (order == "n%") else "percent"
            entry = _Entry(row, column, part.printed, part.kind, kind, len(parts) > 1)
            sheet.entries.append(entry)
    _join_shares(sheet)
    _demote_totals(sheet)
    _skip_measures(sheet)
    if faults:
        _settle_kinds(sheet)  # what else is wrong is said at once
        raise DataError(*faults, *(fault for fault in _misprinted(sheet) if fault not in faults))
    doubles = Counter((row.block, row.label, row.kind) for row in sheet.rows.values())
    for (block, label, _), count in doubles.items():
        if count > 1 and label:
            where = f" under {block!r}" if block else ""
            faults.append(
                f"{source}: the row label {label!r} occurs {count} times{where}; labels must"
                " differ."
            )
    columns = [column for column in sheet.columns.values() if column.role != "other"]
    faults += [
        f"{source}: the column label {label!r} occurs {count} times; labels must differ."
        for (label, _), count in Counter((c.label, c.kind) for c in columns).items()
        if count > 1 and label
    ]
    faults += [
        f"{source}, header: column {j + 1} has no label."
        for j, column in sheet.columns.items()
        if not column.label and any(e.column is column for e in sheet.entries)
    ]
    if faults:
        raise DataError(*faults)


def _demote_totals(sheet: _Sheet) -> None:
    """A total without anything that it is the total of, or a column of "n/N", is data."""
    based = {e.column for e in sheet.entries if e.marked == "base"}
    data = any(column.role == "data" for column in sheet.columns.values())
    for column in sheet.columns.values():
        if column.role == "total" and (not data or column in based):
            column.role = "data"


def _skip_measures(sheet: _Sheet) -> None:
    """Among rows of "n (%)", one of bare decimals, or all above 100, prints a measure."""
    cells = _grouped(sheet.entries, attrgetter("row"))
    paired = sum(any(e.several for e in own) for own in cells.values())
    for row, own in cells.items():
        bare = all(e.printed.decimals and not e.kind and not e.several for e in own)
        shares = [e.printed.value for e in own if e.kind == "percent" and not e.marked]
        measure = (bare and 2 * paired > len(cells)) or (len(shares) > 1 and min(shares) > 100)
        if measure and row.role == "data" and not (row.kind or row.pair):
            sheet.skipped.append(f"{row.label}: no counts or percentages")
            sheet.entries = [e for e in sheet.entries if e.row is not row]
            del sheet.rows[row.at]


def _join_shares(sheet: _Sheet) -> None:
    """A column of percentages beside one of "n/N", or of N under the same heading, joins it."""
    columns = [c for c in sheet.columns.values() if c.role in ("data", "size")]
    spans = _grouped(columns, lambda column: column.label.rpartition(" / ")[0])
    spans.pop("", None)
    sizes = [[column.role for column in span] == ["size", "data"] for span in spans.values()]
    if len(sizes) > 1 and all(sizes):  # each heading with its own N: "N, %"
        for size, percent in spans.values():
            for entry in sheet.entries:
                if entry.column is size:
                    entry.column, entry.kind, entry.several = percent, "base", True
                elif entry.column is percent:
                    entry.kind, entry.several = "percent", True
            size.role = "other"
    outs = {e.column for e in sheet.entries if e.marked == "base"}
    outs -= {e.column for e in sheet.entries if e.marked == "percent"}
    for entry in sheet.entries:
        left = sheet.columns.get(entry.column.at - 1)
        if left in outs and entry.column.role == "share":
            entry.column, entry.kind, entry.several = left, "percent", True


def _settle_kinds(sheet: _Sheet) -> None:
    """Decide which single numbers are counts and which percentages."""
    # Rows and columns named as in the package's own layout: n, total and share.
    columns = [column.label for column in sheet.columns.values()]
    rows = [row.label for row in sheet.rows.values()]
    native = columns.count("n") == rows.count("total") == rows.count("share") == 1
    for entry in sheet.entries:
        row, column = entry.row, entry.column
        if entry.kind:
            continue
        if native and row.role != "total" and (column.role != "size" or row.role == "share"):
            entry.kind = "percent"
        elif native:
            entry.kind = "count"
        elif "share" in (row.role, column.role):
            entry.kind = "percent"
        else:
            size = "size" in (row.role, column.role)
            entry.kind = "count" if size else row.kind or column.kind
    for axis, other in (("row", "column"), ("column", "row")):
        # One sign or decimal in a line of its kind tells of all.
        for line, entries in _grouped(_open(sheet), attrgetter(axis)).items():
            if line.role == "data" and any(e.printed.decimals for e in entries):
                for entry in entries:
                    if getattr(entry, other).role != "total" or entry.printed.decimals:
                        entry.kind = "percent"
    _settle_total_column(sheet)
    rest = _open(sheet)
    sizes = {
        e.row: e.printed.value
        for e in sheet.entries
        if e.kind == "count" and e.column.role == "size"
    }
    fine = any(e.printed.decimals for e in sheet.entries if e.row.role == "data")
    data = _data_are_percentages(sheet, rest, sizes)
    for row, entries in _grouped(rest, attrgetter("row")).items():
        values = [e.printed.value for e in entries if e.column.role == "data"]
        if row.role == "data":
            percent = data
        elif len(values) > 1 and set(values) == {100}:
            percent = True
        else:  # whole numbers under percentages with decimals are counts
            near = len(values) > 1 and _hundred(values) and sizes.get(row) != sum(values)
            percent = any(e.printed.decimals for e in entries) or (near and not fine)
        for entry in entries:
            entry.kind = "percent" if percent and entry.printed.value <= 100 else "count"


def _open(sheet: _Sheet) -> list[_Entry]:
    return [entry for entry in sheet.entries if not entry.kind]


def _settle_total_column(sheet: _Sheet) -> None:
    """A total column of whole numbers: percentages if all are 100, or add to 100; else counts."""
    fine = any(e.printed.decimals for e in sheet.entries)
    totals = [e for e in _open(sheet) if (e.row.role, e.column.role) == ("data", "total")]
    for entries in _grouped(totals, attrgetter("column")).values():
        values = [e.printed.value for e in entries]
        percent = set(values) == {100} or (not fine and len(values) > 1 and _hundred(values))
        for entry in entries:
            entry.kind = "percent" if percent else "count"


def _hundred(values: list[Fraction]) -> bool:
    """Whether whole percentages, rounded, can add up to 100, or nearly so."""
    return abs(float(sum(values)) - 100) <= (len(values) + 2) / 2


def _whole(shares: Sequence[PrintedNumber]) -> bool:
    """Whether percentages can add up to 100 before they were rounded."""
    off = sum((share.value for share in shares), Fraction(-100))
    return abs(off) <= sum((share.half_unit for share in shares), Fraction())


def _data_are_percentages(sheet: _Sheet, rest: list[_Entry], sizes) -> bool:
    """Whether unmarked whole numbers add to 100, by rows or columns, rather than to sizes."""
    tops = {c: Fraction(c.size.units) for c in sheet.columns.values() if c.size}
    tops |= {
        e.column: e.printed.value
        for e in sheet.entries
        if e.kind == "count" and e.row.role == "size"
    }
    inner = [e for e in rest if e.row.role == e.column.role == "data"]
    rows = _grouped(inner, lambda e: (e.row, ""))
    columns = _grouped(inner, lambda e: (e.column, e.row.block))
    hundreds = [0.0]
    for lines, whole in ((rows, sizes), (columns, tops)):
        sums = [(line, [e.printed.value for e in own]) for (line, _), own in lines.items()]
        filled = [(line, own) for line, own in sums if len(own) > 1 and sum(own)]
        sized = [(sum(own), whole[line]) for line, own in filled if whole.get(line)]
        if 2 * sum(size == total for total, size in sized) > max(1, len(filled)):
            return False
        if sized:  # nearer to 100 than to the size
            nearer = [abs(total - 100) < abs(total - size) for total, size in sized]
            hundreds.append(sum(nearer) / len(nearer))
        elif filled:
            hundreds.append(sum(_hundred(own) for _, own in filled) / len(filled))
    return max(hundreds) >= 0.5


def _misprinted(sheet: _Sheet) -> list[str]:
    """Numbers that cannot be what they are read as."""
    faults = []
    for entry in sheet.entries:
        printed, where = entry.printed, sheet.where(entry.row, entry.column)
        if entry.kind in ("count", "base") and printed.decimals:
            faults.append(f"{where}: {printed.text!r} is not a whole number; a count must be.")
        elif entry.kind == "percent" and printed.value > 100:
            faults.append(f"{where}: {printed.text!r} is over 100; a percentage cannot be.")
    return faults


def _lines(described: dict[int, _Line], role: str) -> list[int]:
    return [k for k, line in described.items() if line.role == role]


def _recognised(sheet: _Sheet) -> str:
    """Of what the percentages are parts: the reading that fits most of them."""
    counts, percents = sheet.numbers("count"), sheet.numbers("percent")
    rows, columns = _lines(sheet.rows, "data"), _lines(sheet.columns, "data")
    sizes_across = bool(_lines(sheet.columns, "size"))
    sizes_down = bool(_lines(sheet.rows, "size"))
    if any(column.group for column in sheet.columns.values()):
        return "column"
    if len(percents) < sum(e.kind == "percent" for e in sheet.entries):
        return "row"  # several percentages in a cell; their bases are found one by one
    if not percents:
        return "row" if sizes_across or not sizes_down else "column"
    scores = {layout: _fit(sheet, counts, percents, layout) for layout in LAYOUTS}
    blocks = _grouped(rows, lambda i: sheet.rows[i].block).values()
    lines = {
        "row": [[(i, j) for j in columns] for i in rows],
        "column": [[(i, j) for i in block] for j in columns for block in blocks],
    }
    for name, places in lines.items():
        found = [[percents[p] for p in one if p in percents] for one in places]
        hits = [_whole(one) for one in found if len(one) > 1]
        scores[name] += sum(hits) / len(hits) if hits else 0
    if len(rows) > 1 and len(columns) > 1:
        cells = [[(i, j) for i in block for j in columns] for block in blocks]
        stacks = [[percents[p] for p in one if p in percents] for one in cells]
        whole = [_whole(stack) for stack in stacks if stack]
        scores["total"] += sum(whole) > len(whole) / 2
    sized = sizes_down or any(column.size for column in sheet.columns.values())
    scores["column"] += 0.1 * sized
    scores["row"] += 0.1 * sizes_across + 0.01
    if len(columns) == 1:
        del scores["total"]
    return max(scores, key=lambda name: scores[name])


def _fit(sheet: _Sheet, counts, percents, layout: str) -> float:
    """Which share of percentages printed beside a count this base explains."""
    bases = _sizes(sheet, layout, counts)
    hits = []
    for (i, j), (count, percent) in _pairs(sheet, counts, percents).items():
        n = bases.get({"row": i, "column": j, "total": None}[layout])
        if n is not None and "size" not in (sheet.rows[i].role, sheet.columns[j].role):
            hits.append(percent.prints(count.units, n))
    return 2 * sum(hits) / len(hits) if hits else 0.0


def _pairs(sheet: _Sheet, counts, percents):
    """Counts with their percentages, in one cell or in two columns of one label."""
    pairs = {}
    twins = {c.label: j for j, c in sheet.columns.items() if c.kind == "count"}
    for (i, j), percent in percents.items():
        place = i, j if (i, j) in counts else twins.get(sheet.columns[j].label)
        if place in counts:
            pairs[place] = counts[place], percent
    return pairs


def _sizes(sheet: _Sheet, layout: str, counts) -> dict[int | None, int]:
    """Sizes of the groups of a layout, printed or added up, by position."""
    sizes: dict[int | None, int] = {}
    if layout == "total":
        ends = ("total", "size")
        first = next((row.block for row in sheet.rows.values() if row.role == "data"), "")
        corner, cells = [], []
        for (i, j), n in counts.items():
            row, column = sheet.rows[i], sheet.columns[j]
            if row.role in ends and column.role in ends:
                corner.append(n.units)
            elif row.role == column.role == "data" and row.block == first:
                cells.append(n.units)
        return {None: corner[0] if corner else sum(cells)}
    across = layout == "row"
    lines, other = (sheet.rows, sheet.columns) if across else (sheet.columns, sheet.rows)
    special = _lines(other, "size") or _lines(other, "total")
    one_block = len({line.block for line in other.values()}) == 1
    for k, line in lines.items():
        totals, cells = (
            [counts[p].units for m in some if (p := (k, m) if across else (m, k)) in counts]
            for some in (special, _lines(other, "data"))
        )
        if line.size:
            sizes[k] = line.size.units
        elif totals:
            sizes[k] = totals[0]
        elif one_block and len(cells) > 1:
            sizes[k] = sum(cells)
    return sizes


def _built(sheet: _Sheet, layout: str, exhaustive: bool | None) -> Table:
    across = layout != "column"
    lines, others = (sheet.rows, sheet.columns) if across else (sheet.columns, sheet.rows)
    names = dict.fromkeys(line.name for line in lines.values() if line.role == "data")
    groups = {name: k for k, name in enumerate(names)}
    keys = dict.fromkeys((o.block, o.label) for o in others.values() if o.role == "data")
    categories = {key: k for k, key in enumerate(keys)}
    if not groups or not categories:
        missing = "row" if across == (not groups) else "column"
        raise DataError(
            f"{sheet.grid.source}: no {missing} of data beside the totals; check the labels."
        )
    two_totals = {line.role for line in lines.values()} >= {"total", "size"}
    values = []
    for line in lines.values():
        if line.size is not None and line.role in ("data", "total"):
            group = None if line.role == "total" else groups[line.name]
            cell = (line.at, 0) if across else (0, line.at)
            place = (line.label, "n") if across else ("n", line.label)
            values.append(Value(*place, "N", line.size, "count", group, None, cell=cell))
    own = {e.cell for e in sheet.entries if e.kind == "base" and e.several}
    for entry in sheet.entries:
        row, column = entry.row, entry.column
        mine, other = (row, column) if across else (column, row)
        if mine.role == "size" and two_totals and other.role != "data":
            continue
        group = groups[mine.name] if mine.role == "data" else None
        category = categories[other.block, other.label] if other.role == "data" else None
        part = {"count": "n", "percent": "%", "base": "N"}[entry.kind] if entry.several else ""
        base = "group"
        if entry.kind == "percent" and entry.cell in own:
            base = "own"
        elif entry.kind == "percent" and layout == "total" and mine.role == "data":
            base = "grand"
        name = f"{row.block}: {row.label}" if row.block and not across else row.name
        printed = entry.printed, entry.kind
        values.append(Value(name, column.label, part, *printed, group, category, base, entry.cell))
    values, repeated = _distinct(values)
    labels = [f"{block}: {label}" if block else label for block, label in categories]
    blocks = _blocks(categories, values, len(groups), exhaustive, layout)
    stacked = len({line.block for line in lines.values() if line.role == "data"}) > 1
    totals = not stacked and _make_up(values, len(groups))
    grid = tuple(tuple(line) for line in sheet.grid.cells)
    return Table(
        sheet.grid.source, tuple(groups), tuple(labels), blocks, tuple(values), LAYOUTS[layout],
        across, grid, sheet.header, (*sheet.skipped, *repeated), totals,
    )  # fmt: skip


def _distinct(values: list[Value]) -> tuple[list[Value], list[str]]:
    """Several percentages in a cell have different bases: the row, the column, all cases."""
    parts = [value for value in values if value.kind == "percent" and value.part]
    cells = _grouped(parts, attrgetter("cell")).values()
    several = [own for own in cells if len(own) > 1]
    if not several:
        return values, []
    counts = {(v.group, v.category): v.printed.units for v in values if v.kind == "count"}

    def hits(order: tuple[str, ...]) -> int:
        fitting = 0
        for own in several:
            for value, base in zip(own, order, strict=False):
                key = {
                    "group": (value.group, None),
                    "category": (None, value.category),
                    "grand": (None, None),
                }[base]
                count, n = counts.get((value.group, value.category)), counts.get(key)
                if count is not None and n is not None:
                    fitting += value.printed.prints(count, n)
        return fitting

    order = max(itertools.permutations(("group", "category", "grand")), key=hits)
    bases = {id(v): base for own in several for v, base in zip(own, order, strict=False)}
    kept = [replace(v, base=bases.get(id(v), v.base)) for v in values]
    names = {"group": "of the group", "category": "of the category", "grand": "of all"}
    return kept, [
        f"(several percentages in a cell are read as {', '.join(names[base] for base in order)})"
    ]


class _Printed:
    """What each group prints, by categories."""

    def __init__(self, values: list[Value], groups: int, blocks: list[list[int]], layout: str):
        self.groups, self.layout = [*range(groups), None], layout
        self.counts: dict[int | None, dict[int | None, int]] = defaultdict(dict)
        self.shares: dict[tuple, list[PrintedNumber]] = defaultdict(list)
        for v in values:
            if v.kind == "count" and not v.printed.relation:
                self.counts[v.group][v.category] = v.printed.units
            elif v.kind == "percent" and v.base == "group":
                self.shares[v.group, v.category].append(v.printed)
        self.hundred = any(
            v.kind == "percent" and v.category is None and v.printed.value == 100 for v in values
        )
        #: Size of each group, and whether it is printed; else the most that a block adds up to.
        self.sizes: dict[int | None, tuple[int, bool]] = {}
        for group in self.groups:
            added = [sum(own) for block in blocks if (own := self.counted(block, group))]
            if None in self.counts[group]:
                self.sizes[group] = self.counts[group][None], True
            elif added:
                self.sizes[group] = max(added), False

    def counted(self, members: Sequence[int | None], group: int | None) -> list[int]:
        """The counts of a group in all these categories, or none where one is not printed."""
        found = self.counts[group]
        return [found[k] for k in members] if all(k in found for k in members) else []

    def leaves_out(self, members: list[int]) -> bool:
        """Whether categories have fewer cases than a group of which no size is printed."""
        return any(
            not printed and own and sum(own) < size
            for group, (size, printed) in self.sizes.items()
            for own in [self.counted(members, group)]
        )

    def of_some(self, category: int) -> bool:
        """Whether most groups print a "yes" percentage that is of fewer cases than they have."""
        tried = fewer = 0
        for group, (size, _) in self.sizes.items():
            for count in self.counted([category], group):
                for share in self.shares[group, category]:
                    tried += 1
                    near = range(size - 1, size - size // 4 - 1, -1)
                    fewer += not share.prints(count, size) and any(
                        share.prints(count, n) for n in near
                    )
        return fewer > 1 and 2 * fewer > tried

    def of_answers(self, members: list[int]) -> bool:
        """Whether percentages are of the cases shown in the block, fewer than the group has."""
        fewer = False
        for group, (size, _) in self.sizes.items() if len(members) > 1 else ():
            counts = self.counted(members, group)
            for category, count in zip(members, counts, strict=False):
                for share in self.shares[group, category]:
                    if not share.prints(count, sum(counts)) or sum(counts) > size:
                        return False
                    fewer |= group is not None and not share.prints(count, size)
        return fewer

    def adds_up(self, members: list[int], by_counts: bool = False) -> bool:
        """Whether categories make up the group in most groups, by percentages or counts."""
        if self.hundred:
            return True  # the table says that its percentages make up 100
        votes = []
        for group in self.groups:
            counts = self.counted(members, group)
            shares = [self.shares[group, k][-1] for k in members if self.shares[group, k]]
            signs = []
            if len(shares) == len(members) and not by_counts:
                signs.append(_whole(shares))
            if None in self.counts[group] and counts:
                signs.append(sum(counts) == self.counts[group][None])
            if signs or (self.layout == "total" and counts):
                votes.append(any(signs) if signs else True)
        if by_counts:
            return bool(votes) and all(votes)
        if votes:
            return sum(votes) > len(votes) / 2
        return self.layout == "total" and len(members) > 1


def _blocks(
    categories, values, groups: int, exhaustive: bool | None, layout: str
) -> tuple[Block, ...]:
    """Categories under one heading; where they do not add up, each by itself."""
    stacked = _grouped(range(len(categories)), [block for block, _ in categories].__getitem__)
    several = [members for members in stacked.values() if len(members) > 1]
    printed = _Printed(values, groups, several, layout)
    blocks = []
    for label, members in stacked.items():
        whole = exhaustive
        if whole is None:
            if printed.of_answers(members):
                blocks.append(Block(label, tuple(members), exhaustive=False, answers=True))
                continue
            whole = len(members) > 1 and printed.adds_up(members)
            whole = whole and not printed.leaves_out(members)
        end = len(members) if whole else 0
        if exhaustive is None and not whole:
            # Without a heading of its own, the next block looks like a part of this.
            ends = range(len(members) - 1, 1, -1)
            end = next((k for k in ends if printed.adds_up(members[:k], by_counts=True)), 0)
        if end:
            blocks.append(Block(label, tuple(members[:end])))
        blocks += [
            Block(label, (k,), exhaustive=False, answers=printed.of_some(k)) for k in members[end:]
        ]
    return tuple(blocks)


def _make_up(values: list[Value], groups: int) -> bool:
    """Whether the groups shown make up what is printed as total, as far as sizes tell."""
    if groups == 1:
        return False
    counts: dict[tuple, int] = {}
    for v in values:
        if v.kind == "count":
            counts.setdefault((v.group, v.category), v.printed.units)
    keys = [k for (g, k) in counts if g is None and all((i, k) in counts for i in range(groups))]
    sizes = [k for k in keys if k is None] or keys
    if not sizes:
        return True
    near = [
        abs(sum(counts[i, k] for i in range(groups)) - counts[None, k]) <= NEAR * counts[None, k]
        for k in sizes
    ]
    return sum(near) >= len(near) / 2
