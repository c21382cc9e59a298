"""From a grid of printed cells to a table: what stands in it, and of what it is a percentage.

Recognised are percentages of rows, of columns and of the grand total, alone or with
counts ("n (%)", "% (n)", "n/N (%)", or in columns of their own), stacked blocks under
one header as in a medical Table 1, and columns or rows of "yes" percentages whose
complement is not printed. Totals, shares and any cell may be absent.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

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


@dataclass
class _Line:
    """What the label of a row or column says."""

    label: str
    role: str  # "data", "total", "size", "share" or "other"
    kind: str = ""  # "count" or "percent", where the label says so
    size: PrintedNumber | None = None
    block: str = ""
    group: str = ""  # where the label itself names no group
    pair: str = ""  # order of two whole numbers in a cell: "n%" or "%n"
    where: tuple[int, int] = (0, 0)


@dataclass
class _Entry:
    row: int
    column: int
    part: Part
    kind: str
    several: bool = False


@dataclass
class _Sheet:
    """A grid with its lines described and its numbers read."""

    grid: Grid
    header: int
    labels: int
    rows: dict[int, _Line] = field(default_factory=dict)
    columns: dict[int, _Line] = field(default_factory=dict)
    entries: list[_Entry] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


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
    if layout == "auto":
        layout = _recognised(sheet)
    table = _built(sheet, layout, exhaustive)
    if not any(v.kind == "percent" for v in table.values) and not any(
        v.group is None for v in table.values
    ):
        raise DataError(
            f"{grid.source}: counts alone, without totals or percentages, cannot contradict each"
            " other."
        )
    if not any(v.kind != "percent" for v in table.values):
        raise DataError(
            f"{grid.source}: percentages alone cannot be audited; add the numbers of cases (a"
            " column or row n)."
        )
    return table


def _cell(text: str, comma: bool):
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
    body = cells[header:]
    while labels < len(cells[0]) - 1 and labels < 3:
        words = [line[labels] for line in body if line[labels]]
        if (
            words
            and sum(_cell(w, comma) is None and not re.search(r"\d[^a-z]*\(", w) for w in words)
            > len(words) / 2
        ):
            labels += 1
        else:
            break
    sheet = _Sheet(grid, header, labels)
    for j, pieces in _headings(cells[:header], labels).items():
        sheet.columns[j] = _line(" / ".join(pieces), (0, j), n, pieces)
    _unnamed(sheet)
    labels_of = [column.label.lower() for column in sheet.columns.values()]
    for column in sheet.columns.values():
        if column.label.lower() == "cases" and "controls" in labels_of:
            column.role = "data"
    if len(sheet.columns) == 1:  # the size stands in the corner
        (column,) = sheet.columns.values()
        column.size = column.size or _line(cells[0][0], (0, 0), None).size
    _frequencies(sheet)
    _rows(sheet, comma, n)
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
    apart = (_OTHER, _TOTAL)
    named = [
        found
        for found in pieces.values()
        if found and not any(words.fullmatch(found[-1]) for words in apart)
    ]
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


def _line(
    text: str, where: tuple[int, int], n: str | None, pieces: list[str] | None = None
) -> _Line:
    text = " ".join(text.split())
    line = _Line(text, "data", where=where)
    if match := _N_IN_LABEL.search(text):
        digits = re.sub(r"\D", "", match[1])
        line.size = PrintedNumber(match[1], int(digits), 0)
        text = (text[: match.start()] + text[match.end() :]).strip(" ,;:/")
    last = (pieces[-1] if pieces else text).strip()
    bare = re.sub(r"[\s,;:*\u2020\u2021\u00a7]+$", "", text)
    if pieces and (match := _OF.fullmatch(last)):
        line.kind = "percent" if match[1] == "%" else "count"
        bare = " / ".join([*pieces[:-1], match[2]])
    elif match := _UNIT.search(last):
        unit = match[1].lower().replace(" ", "")
        if "%" in unit and len(unit) > 1:
            line.pair = "%n" if unit.startswith("%") else "n%"
        elif match.start() or (pieces and len(pieces) > 1):
            line.kind = "percent" if unit == "%" else "count"
        if match.start() and not (pieces and len(pieces) > 1):
            bare = _UNIT.sub("", bare).strip(" ,;:")
        elif pieces and len(pieces) > 1 and not match.start():
            bare = " / ".join(pieces[:-1])
            bare = _N_IN_LABEL.sub("", bare).strip(" ,;:/")
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


def _rows(sheet: _Sheet, comma: bool, n: str | None) -> None:
    """Describe the rows; those with a label alone open a block."""
    cells, block, first = sheet.grid.cells, "", ""
    data = [j for j, column in sheet.columns.items() if column.role != "other"]
    pair = ""
    codes = [line[0] for line in cells[sheet.header :]]
    coded = sheet.labels > 1 and all(codes) and len(set(codes)) == len(codes)
    for i in range(sheet.header, len(cells)):
        line = cells[i]
        label = line[sheet.labels - 1] if sheet.labels == 1 else " ".join(line[1 : sheet.labels])
        filled = [j for j in data if line[j]]
        if coded:
            label = " ".join(line[: sheet.labels])
        elif sheet.labels > 1 and line[0]:
            first = line[0]
        read = [_cell(line[j], comma) for j in filled]
        described = _line(label or line[0], (i, 0), n)
        if not filled:
            block, pair = (
                _line(line[0] or label, (i, 0), None).label,
                described.pair or described.kind,
            )
            continue
        if all(one is None for one in read) or (
            not (described.pair or described.kind)
            and _MEASURE.search(label)
            and not any(part.kind in ("percent", "base") for one in read for part in one or ())
        ):
            sheet.skipped.append(f"{label or 'line ' + str(i + 1)}: no counts or percentages")
            continue
        if not label and not line[0]:
            sheet.faults.append(
                f"{sheet.grid.source}, line {i + 1}: the row has no label in the first column."
            )
            continue
        described.block = first if sheet.labels > 1 else block
        described.pair = described.pair or (pair if pair in ("n%", "%n") else "")
        described.kind = described.kind or (pair if pair in ("count", "percent") else "")
        if described.role == "other":
            described.role = "data"
        sheet.rows[i] = described


def _read_cells(sheet: _Sheet) -> None:
    comma, source = decimal_comma(sheet.grid), sheet.grid.source
    faults = sheet.faults
    for i, row in sheet.rows.items():
        for j, column in sheet.columns.items():
            if column.role == "other":
                continue
            text = sheet.grid.cells[i][j]
            where = f"{source}, row {row.label!r}, column {column.label!r}"
            shown = text if len(text) <= 30 else text[:30] + "..."
            try:
                parts = parts_of(text, comma)
            except ValueError as error:
                faults.append(f"{where}: {shown!r} {error}.")
                continue
            if parts is None:
                faults.append(
                    f"{where}: {shown!r} is not a number; give it as printed, or leave it out."
                )
                continue
            for part in parts:
                if part.kind == "percent" and part.printed.value > 100:
                    faults.append(f"{where}: {shown!r} is over 100; a percentage cannot be.")
            order = row.pair or column.pair or "n%"
            for k, part in enumerate(parts):
                kind = part.kind
                if not kind and len(parts) == 2:
                    kind = "count" if (k == 0) == (order == "n%") else "percent"
                sheet.entries.append(_Entry(i, j, part, kind, len(parts) > 1))
    _join_shares(sheet)
    _demote_totals(sheet)
    _skip_measures(sheet)
    if faults:
        try:  # what else is wrong is said at once
            _settle_kinds(sheet)
        except DataError as error:
            faults += [fault for fault in error.faults if fault not in faults]
        raise DataError(*faults)
    doubles = defaultdict(list)
    for row in sheet.rows.values():
        doubles[row.block, row.label, row.kind].append(row)
    for (block, label, _), rows in doubles.items():
        if len(rows) > 1 and label:
            where = f" under {block!r}" if block else ""
            faults.append(
                f"{source}: the row label {label!r} occurs {len(rows)} times{where}; labels must"
                " differ."
            )
    seen: dict[tuple[str, str], int] = {}
    for column in sheet.columns.values():
        key = column.label, column.kind
        seen[key] = seen.get(key, 0) + (column.role != "other")
    faults += [
        f"{source}: the column label {label!r} occurs {count} times; labels must differ."
        for (label, _), count in seen.items()
        if count > 1 and label
    ]
    faults += [
        f"{source}, header: column {j + 1} has no label."
        for j, column in sheet.columns.items()
        if not column.label and any(e.column == j for e in sheet.entries)
    ]
    if faults:
        raise DataError(*faults)


def _demote_totals(sheet: _Sheet) -> None:
    """A total without anything that it is the total of, or a column of "n/N", is data."""
    based = {e.column for e in sheet.entries if e.part.kind == "base"}
    data = any(column.role == "data" for column in sheet.columns.values())
    for j, column in sheet.columns.items():
        if column.role == "total" and (not data or j in based):
            column.role = "data"


def _skip_measures(sheet: _Sheet) -> None:
    """Among rows of "n (%)", one of bare decimals, or all above 100, prints a measure."""
    cells = defaultdict(list)
    for entry in sheet.entries:
        cells[entry.row].append(entry)
    paired = {i for i, own in cells.items() if any(e.several for e in own)}
    for i, own in cells.items():
        row = sheet.rows[i]
        bare = all(e.part.printed.decimals and not e.kind and not e.several for e in own)
        bare = bare and 2 * len(paired) > len(cells)
        shares = [e.part for e in own if e.kind == "percent" and not e.part.kind]
        large = len(shares) > 1 and all(part.printed.value > 100 for part in shares)
        if (bare or large) and row.role == "data" and not (row.kind or row.pair):
            sheet.skipped.append(f"{row.label}: no counts or percentages")
            sheet.entries = [e for e in sheet.entries if e.row != i]
            del sheet.rows[i]


def _join_shares(sheet: _Sheet) -> None:
    """A column of percentages beside one of "n/N", or of N under the same heading, joins it."""
    spans = defaultdict(list)
    for j, column in sheet.columns.items():
        heading = column.label.rpartition(" / ")[0]
        if heading and column.role in ("data", "size"):
            spans[heading].append(j)
    sizes = [[sheet.columns[j].role for j in span] == ["size", "data"] for span in spans.values()]
    if len(sizes) > 1 and all(sizes):  # each heading with its own N: "N, %"
        for size, percent in spans.values():
            for entry in sheet.entries:
                if entry.column == size:
                    entry.column, entry.kind, entry.several = percent, "base", True
                elif entry.column == percent:
                    entry.kind, entry.several = "percent", True
            sheet.columns[size].role = "other"
    outs = {e.column for e in sheet.entries if e.part.kind == "base"}
    outs -= {e.column for e in sheet.entries if e.part.kind == "percent"}
    for entry in sheet.entries:
        if entry.column - 1 in outs and sheet.columns[entry.column].role == "share":
            entry.column, entry.kind, entry.several = entry.column - 1, "percent", True


def _settle_kinds(sheet: _Sheet) -> None:
    """Decide which single numbers are counts and which percentages."""
    if _native(sheet):
        for entry in sheet.entries:
            row, column = sheet.rows[entry.row], sheet.columns[entry.column]
            counts = row.role == "total" or (column.role == "size" and row.role != "share")
            entry.kind = entry.kind or ("count" if counts else "percent")
        _check_counts(sheet)
        return
    for entry in sheet.entries:
        if entry.kind:
            continue
        row, column = sheet.rows[entry.row], sheet.columns[entry.column]
        if "size" in (row.role, column.role) and "share" not in (row.role, column.role):
            entry.kind = "count"
        elif "share" in (row.role, column.role):
            entry.kind = "percent"
        else:
            entry.kind = row.kind or column.kind
    for axis in ("row", "column"):  # one sign or decimal in a line of its kind tells of all
        groups = defaultdict(list)
        for entry in sheet.entries:
            if not entry.kind:
                groups[getattr(entry, axis)].append(entry)
        for position, entries in groups.items():
            described = (sheet.rows if axis == "row" else sheet.columns)[position]
            if described.role == "data" and any(e.part.printed.decimals for e in entries):
                for entry in entries:
                    across = sheet.columns[entry.column] if axis == "row" else sheet.rows[entry.row]
                    if across.role != "total" or entry.part.printed.decimals:
                        entry.kind = "percent"
    _settle_total_column(sheet)
    rest = [e for e in sheet.entries if not e.kind]
    if not rest:
        _check_counts(sheet)
        return
    lines = defaultdict(list)
    for entry in rest:
        lines[entry.row].append(entry)
    sizes = {
        e.row: e.part.printed.value
        for e in sheet.entries
        if e.kind == "count" and sheet.columns[e.column].role == "size"
    }
    fine = any(e.part.printed.decimals for e in sheet.entries if sheet.rows[e.row].role == "data")
    data = _data_are_percentages(sheet, rest, sizes)
    for i, entries in lines.items():
        values = [e.part.printed.value for e in entries if sheet.columns[e.column].role == "data"]
        near = len(values) > 1 and _hundred(values) and sizes.get(i) != sum(values)
        whole = not any(e.part.printed.decimals for e in entries)
        if sheet.rows[i].role == "data":
            percent = data
        elif len(values) > 1 and set(values) == {100}:
            percent = True
        else:  # whole numbers under percentages with decimals are counts
            percent = not whole or (near and not fine)
        for entry in entries:
            percentage = percent and entry.part.printed.value <= 100
            entry.kind = "percent" if percentage else "count"
    _check_counts(sheet)


def _native(sheet: _Sheet) -> bool:
    """Whether rows and columns are named as in the package's own layout: n, total and share."""
    columns, rows = (
        [c.label for c in sheet.columns.values()],
        [r.label for r in sheet.rows.values()],
    )
    return columns.count("n") == rows.count("total") == rows.count("share") == 1


def _settle_total_column(sheet: _Sheet) -> None:
    """A total column of whole numbers: percentages if all are 100, or add to 100; else counts."""
    fine = any(e.part.printed.decimals for e in sheet.entries)
    columns = defaultdict(list)
    for entry in sheet.entries:
        if (
            not entry.kind
            and sheet.columns[entry.column].role == "total"
            and sheet.rows[entry.row].role == "data"
        ):
            columns[entry.column].append(entry)
    for entries in columns.values():
        values = [e.part.printed.value for e in entries]
        percent = set(values) == {100} or (not fine and len(values) > 1 and _hundred(values))
        for entry in entries:
            entry.kind = "percent" if percent else "count"


def _hundred(values: list[Fraction]) -> bool:
    """Whether whole percentages, rounded, can add up to 100, or nearly so."""
    return abs(float(sum(values)) - 100) <= (len(values) + 2) / 2


def _whole(shares: Sequence[PrintedNumber]) -> bool:
    """Whether percentages can add up to 100 before they were rounded."""
    low = sum((share.value - share.half_unit for share in shares), Fraction())
    high = sum((share.value + share.half_unit for share in shares), Fraction())
    return low <= Fraction(100) <= high


def _data_are_percentages(sheet: _Sheet, rest: list[_Entry], sizes) -> bool:
    """Whether unmarked whole numbers add to 100, by rows or columns, rather than to sizes."""
    by_row: dict[tuple, list[Fraction]] = defaultdict(list)
    by_column: dict[tuple, list[Fraction]] = defaultdict(list)
    tops = {j: Fraction(c.size.units) for j, c in sheet.columns.items() if c.size}
    for entry in sheet.entries:
        if entry.kind == "count" and sheet.rows[entry.row].role == "size":
            tops[entry.column] = entry.part.printed.value
    for entry in rest:
        row, column = sheet.rows[entry.row], sheet.columns[entry.column]
        if (row.role, column.role) == ("data", "data"):
            by_row[entry.row, None].append(entry.part.printed.value)
            by_column[entry.column, row.block].append(entry.part.printed.value)
    hundreds: list[float] = []
    for sums, whole in ((by_row, sizes), (by_column, tops)):
        filled = {
            key: sum(values, Fraction())
            for key, values in sums.items()
            if sum(values) and len(values) > 1
        }
        sized = [(total, whole[key[0]]) for key, total in filled.items() if whole.get(key[0])]
        if 2 * sum(size == total for total, size in sized) > max(1, len(filled)):
            return False
        if sized:  # nearer to 100 than to the size
            nearer = [abs(total - 100) < abs(total - size) for total, size in sized]
            hundreds.append(sum(nearer) / len(nearer))
        elif filled:
            hundreds.append(sum(_hundred(sums[key]) for key in filled) / len(filled))
    return max(hundreds, default=0) >= 0.5


def _check_counts(sheet: _Sheet) -> None:
    faults = []
    for entry in sheet.entries:
        printed = entry.part.printed
        where = (
            f"{sheet.grid.source}, row {sheet.rows[entry.row].label!r}, column"
            f" {sheet.columns[entry.column].label!r}"
        )
        if entry.kind in ("count", "base") and printed.decimals:
            faults.append(f"{where}: {printed.text!r} is not a whole number; a count must be.")
        elif entry.kind == "percent" and printed.value > 100:
            faults.append(f"{where}: {printed.text!r} is over 100; a percentage cannot be.")
    if faults:
        raise DataError(*faults)


def _numbers(sheet: _Sheet, kind: str) -> dict[tuple[int, int], PrintedNumber]:
    return {(e.row, e.column): e.part.printed for e in sheet.entries if e.kind == kind}


def _lines(described: dict[int, _Line], role: str) -> list[int]:
    return [k for k, line in described.items() if line.role == role]


def _recognised(sheet: _Sheet) -> str:
    """Of what the percentages are parts: the reading that fits most of them."""
    counts, percents = _numbers(sheet, "count"), _numbers(sheet, "percent")
    data_rows, data_columns = _lines(sheet.rows, "data"), _lines(sheet.columns, "data")
    if any(column.group for column in sheet.columns.values()):
        return "column"
    if len(percents) < sum(e.kind == "percent" for e in sheet.entries):
        return "row"  # several percentages in a cell; their bases are found one by one
    if not percents:
        return (
            "row" if _lines(sheet.columns, "size") or not _lines(sheet.rows, "size") else "column"
        )
    scores = {
        "row": _fit(sheet, counts, percents, "row"),
        "column": _fit(sheet, counts, percents, "column"),
        "total": _fit(sheet, counts, percents, "total"),
    }
    sums: dict[str, list[bool]] = {"row": [], "column": []}
    lines = [("row", i, [(i, j) for j in data_columns]) for i in data_rows]
    lines += [
        ("column", j, [(i, j) for i in data_rows if sheet.rows[i].block == block])
        for j in data_columns
        for block in {sheet.rows[i].block for i in data_rows}
    ]
    for name, _, places in lines:
        found = [percents[p] for p in places if p in percents]
        if len(found) > 1:
            sums[name].append(_whole(found))
    for name, hits in sums.items():
        if hits:
            scores[name] += sum(hits) / len(hits)
    stacks = defaultdict(list)
    for (i, j), p in percents.items():
        if i in data_rows and j in data_columns:
            stacks[sheet.rows[i].block].append(p)
    if len(data_rows) > 1 and len(data_columns) > 1:
        whole = [_whole(stack) for stack in stacks.values()]
        scores["total"] += sum(whole) > len(whole) / 2
    sized = any(sheet.columns[j].size for j in sheet.columns) or bool(_lines(sheet.rows, "size"))
    scores["column"] += 0.1 * sized
    scores["row"] += 0.1 * bool(_lines(sheet.columns, "size")) + 0.01
    if len(data_columns) == 1:
        del scores["total"]
    return max(scores, key=lambda name: scores[name])


def _fit(sheet: _Sheet, counts, percents, layout: str) -> float:
    """Which share of percentages printed beside a count this base explains."""
    both = _cells(sheet)
    bases = _sizes(sheet, layout, counts)
    hits = seen = 0
    for (i, j), (count, percent) in both.items():
        key = {"row": i, "column": j, "total": None}[layout]
        n = bases.get(key)
        if n is None or sheet.rows[i].role == "size" or sheet.columns[j].role == "size":
            continue
        low, high = percent.possible_counts(n)
        seen += 1
        hits += low <= count.units <= high
    return 2 * hits / seen if seen else 0.0


def _cells(sheet: _Sheet) -> dict[tuple[int, int], tuple[PrintedNumber, PrintedNumber]]:
    """Counts with their percentages, in one cell or in two columns of one label."""
    counts = _numbers(sheet, "count")
    pairs = {}
    twins: dict[str, dict[str, int]] = defaultdict(dict)
    for j, column in sheet.columns.items():
        twins[column.label][column.kind] = j
    for (i, j), percent in _numbers(sheet, "percent").items():
        if (i, j) in counts:
            pairs[i, j] = counts[i, j], percent
        else:
            twin = twins[sheet.columns[j].label].get("count")
            if twin is not None and (i, twin) in counts:
                pairs[i, twin] = counts[i, twin], percent
    return pairs


def _sizes(sheet: _Sheet, layout: str, counts) -> dict[int | None, int]:
    """Sizes of the groups of a layout, printed or added up, by position."""
    sizes: dict[int | None, int] = {}
    lines = sheet.rows if layout == "row" else sheet.columns
    other = sheet.columns if layout == "row" else sheet.rows
    special = [k for k, line in other.items() if line.role == "size"] or [
        k for k, line in other.items() if line.role == "total"
    ]
    data = _lines(other, "data")
    if layout == "total":
        corner = [
            n.units
            for (i, j), n in counts.items()
            if sheet.rows[i].role in ("total", "size")
            and sheet.columns[j].role in ("total", "size")
        ]
        first = next((sheet.rows[i].block for i in _lines(sheet.rows, "data")), "")
        cells = [
            n.units
            for (i, j), n in counts.items()
            if sheet.rows[i].role == "data" == sheet.columns[j].role
            and sheet.rows[i].block == first
        ]
        return {None: corner[0] if corner else sum(cells)}
    blocks = {line.block for line in other.values()}
    for k, line in lines.items():
        if line.size:
            sizes[k] = line.size.units
            continue
        found = [
            counts[p] for s in special if (p := (k, s) if layout == "row" else (s, k)) in counts
        ]
        if found:
            sizes[k] = found[0].units
        elif len(blocks) == 1:
            cells = [
                counts[p].units
                for d in data
                if (p := (k, d) if layout == "row" else (d, k)) in counts
            ]
            if len(cells) > 1:
                sizes[k] = sum(cells)
    return sizes


def _built(sheet: _Sheet, layout: str, exhaustive: bool | None) -> Table:
    across = layout != "column"
    group_lines, category_lines = (
        (sheet.rows, sheet.columns) if across else (sheet.columns, sheet.rows)
    )
    groups: dict[str, int] = {}
    categories: dict[tuple[str, str], int] = {}
    for line in group_lines.values():
        if line.role == "data":
            groups.setdefault(_name(line), len(groups))
    for line in category_lines.values():
        if line.role == "data":
            categories.setdefault((line.block, line.label), len(categories))
    if not groups or not categories:
        missing = ("row", "column") if across == (not groups) else ("column", "row")
        raise DataError(
            f"{sheet.grid.source}: no {missing[0]} of data beside the totals; check the labels."
        )
    two_totals = {line.role for line in group_lines.values()} >= {"total", "size"}
    values, skipped = [], list(sheet.skipped)
    for line in group_lines.values():
        if line.size is not None and line.role in ("data", "total"):
            group = None if line.role == "total" else groups[_name(line)]
            position = line.where if across else (0, line.where[1])
            place = (line.label, "n") if across else ("n", line.label)
            values.append(Value(*place, "N", line.size, "count", group, None, cell=position))
    for entry in sheet.entries:
        row, column = sheet.rows[entry.row], sheet.columns[entry.column]
        mine, other = (row, column) if across else (column, row)
        if mine.role == "size" and two_totals and other.role != "data":
            continue
        group = groups[_name(mine)] if mine.role == "data" else None
        category = categories[other.block, other.label] if other.role == "data" else None
        part = {"count": "n", "percent": "%", "base": "N"}[entry.kind] if entry.several else ""
        base = "group"
        if entry.kind == "percent":
            if any(
                e.kind == "base" and (e.row, e.column) == (entry.row, entry.column)
                for e in sheet.entries
                if e.several
            ):
                base = "own"
            elif (
                layout == "total"
                and mine.role == "data"
                and not (mine.role == other.role == "share")
            ):
                base = "grand"
        name = f"{row.block}: {row.label}" if row.block and not across else _name(row)
        label = column.label
        values.append(
            Value(
                name,
                label,
                part,
                entry.part.printed,
                entry.kind,
                group,
                category,
                base,
                (entry.row, entry.column),
            )
        )
    values, repeated = _distinct(values)
    skipped += repeated
    names = [f"{block}: {label}" if block else label for block, label in categories]
    blocks = _blocks(categories, values, len(groups), exhaustive, layout)
    stacked = len({line.block for line in group_lines.values() if line.role == "data"}) > 1
    totals = not stacked and _make_up(values, len(groups))
    grid = tuple(tuple(line) for line in sheet.grid.cells)
    return Table(
        sheet.grid.source, tuple(groups), tuple(names), blocks, tuple(values), LAYOUTS[layout],
        across, grid, sheet.header, tuple(skipped), totals,
    )  # fmt: skip


def _name(line: _Line) -> str:
    return line.group or (f"{line.block}: {line.label}" if line.block else line.label)


def _distinct(values: list[Value]) -> tuple[list[Value], list[str]]:
    """Several percentages in a cell have different bases: the row, the column, all cases."""
    per_cell: dict[tuple[int, int], list[Value]] = defaultdict(list)
    for value in values:
        if value.kind == "percent" and value.part:
            per_cell[value.cell].append(value)
    several = {cell: own for cell, own in per_cell.items() if len(own) > 1}
    if not several:
        return values, []
    counts = {(v.group, v.category): v.printed.units for v in values if v.kind == "count"}

    def hits(order: tuple[str, ...]) -> int:
        fitting = 0
        for own in several.values():
            for value, base in zip(own, order, strict=False):
                key = {
                    "group": (value.group, None),
                    "category": (None, value.category),
                    "grand": (None, None),
                }[base]
                count, n = counts.get((value.group, value.category)), counts.get(key)
                if count is not None and n is not None:
                    low, high = value.printed.possible_counts(n)
                    fitting += low <= count <= high
        return fitting

    order = max(itertools.permutations(("group", "category", "grand")), key=hits)
    bases = {id(v): base for own in several.values() for v, base in zip(own, order, strict=False)}
    kept = [replace(v, base=bases.get(id(v), v.base)) for v in values]
    names = {"group": "of the group", "category": "of the category", "grand": "of all"}
    return kept, [
        f"(several percentages in a cell are read as {', '.join(names[base] for base in order)})"
    ]


def _blocks(
    categories, values, groups: int, exhaustive: bool | None, layout: str
) -> tuple[Block, ...]:
    """Categories under one heading; where they do not add up, each by itself."""
    stacked: dict[str, list[int]] = defaultdict(list)
    for (block, _), k in categories.items():
        stacked[block].append(k)
    blocks = []
    shown = _shown(stacked.values(), values)
    for label, members in stacked.items():
        if exhaustive is None and _of_answers(members, values, shown):
            blocks.append(Block(label, tuple(members), exhaustive=False, answers=True))
            continue
        whole = exhaustive
        if whole is None:
            whole = len(members) > 1 and _adds_up(members, values, groups, layout)
            whole = whole and not _leaves_out(members, values, shown)
        end = len(members)
        if (
            not whole and exhaustive is None
        ):  # without a heading of its own, the next block looks like a part of this
            ends = range(len(members) - 1, 1, -1)
            end = next(
                (k for k in ends if _adds_up(members[:k], values, groups, layout, by_counts=True)),
                0,
            )
        elif not whole:
            end = 0
        if end:
            blocks.append(Block(label, tuple(members[:end])))
        blocks += [
            Block(label, (k,), exhaustive=False, answers=_of_some(k, values, shown))
            for k in members[end:]
        ]
    return tuple(blocks)


def _counts_in(members: Sequence[int | None], values, group) -> list[Value]:
    """The counts of a group in all these categories, or none where one is not printed."""
    found = {
        v.category: v
        for v in values
        if v.group == group and v.kind == "count" and not v.printed.relation
    }
    return [found[k] for k in members] if all(k in found for k in members) else []


def _shown(blocks, values) -> dict[int | None, tuple[int, bool]]:
    """Size of each group, and whether it is printed; else the most that a block adds up to."""
    sizes: dict[int | None, tuple[int, bool]] = {}
    for group in {v.group for v in values}:
        printed = _counts_in([None], values, group)
        sums = [
            sum(v.printed.units for v in own)
            for members in blocks
            if len(members) > 1 and (own := _counts_in(members, values, group))
        ]
        if printed:
            sizes[group] = printed[0].printed.units, True
        elif sums:
            sizes[group] = max(sums), False
    return sizes


def _leaves_out(members: list[int], values, shown) -> bool:
    """Whether categories have fewer cases than a group of which no size is printed."""
    found = [
        (sum(v.printed.units for v in own), size)
        for group, (size, printed) in shown.items()
        if not printed and (own := _counts_in(members, values, group))
    ]
    return any(total < size for total, size in found)


def _of_some(category: int, values, shown) -> bool:
    """Whether most groups print a "yes" percentage that is of fewer cases than they have."""
    tried = fewer = 0
    for group, (size, _) in shown.items():
        counts = _counts_in([category], values, group)
        for share in values:
            if counts and (share.group, share.category) == (group, category):
                if share.kind == "percent" and share.base == "group":
                    tried += 1
                    if not _prints(share, counts[0], size):
                        near = range(size - 1, size - size // 4 - 1, -1)
                        fewer += any(_prints(share, counts[0], n) for n in near)
    return fewer > 1 and 2 * fewer > tried


def _of_answers(members: list[int], values, shown) -> bool:
    """Whether percentages are of the cases shown in the block, fewer than the group has."""
    fewer = False
    if len(members) < 2:
        return False
    for group, (size, _) in shown.items():
        counts = _counts_in(members, values, group)
        if not counts:
            continue
        total = sum(v.printed.units for v in counts)
        for count in counts:
            for share in values:
                if (share.group, share.category) != (group, count.category):
                    continue
                if share.kind == "percent" and share.base == "group":
                    if not _prints(share, count, total) or total > size:
                        return False
                    fewer |= group is not None and not _prints(share, count, size)
    return fewer


def _prints(share: Value, count: Value, n: int) -> bool:
    low, high = share.printed.possible_counts(n)
    return low <= count.printed.units <= high


def _adds_up(members: list[int], values, groups: int, layout: str, by_counts: bool = False) -> bool:
    """Whether the categories make up the group in most groups, by percentages or counts."""
    votes = []
    for group in [*range(groups), None]:
        mine = [v for v in values if v.group == group]
        if any(v.kind == "percent" and v.category is None and v.printed.value == 100 for v in mine):
            return True  # the table says that its percentages make up 100
        counts = {
            v.category: v.printed.units
            for v in mine
            if v.kind == "count" and not v.printed.relation
        }
        shares = {v.category: v.printed for v in mine if v.kind == "percent" and v.base == "group"}
        signs = []
        if all(k in shares for k in members) and not by_counts:
            signs.append(_whole([shares[k] for k in members]))
        if None in counts and all(k in counts for k in members):
            signs.append(sum(counts[k] for k in members) == counts[None])
        if signs:
            votes.append(any(signs))
        elif layout == "total" and all(k in counts for k in members):
            votes.append(True)
    if by_counts:
        return bool(votes) and all(votes)
    if votes:
        return sum(votes) > len(votes) / 2
    return layout == "total" and len(members) > 1


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
