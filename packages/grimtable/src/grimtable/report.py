"""The audit as text for people, as HTML to attach to a review, and as an object for machines."""

from __future__ import annotations

import html
import textwrap
import unicodedata
import zlib
from collections.abc import Sequence
from importlib.resources import files
from string import Template

from grimtable.auditing import CONSISTENT, INCONSISTENT, NOT_SETTLED, TIME_LIMIT, Audit
from grimtable.checks import CHECKS, HINTS, Finding
from grimtable.numbers import plain
from grimtable.repair import Edit
from grimtable.tables import Value

WIDTH = 80
SCHEMA = "grimtable-2"
MOST_SHOWN = 12
FINDING = ("check", "row", "column", "printed", "computed", "message")


def clean(text: str) -> str:
    """A label without what could steer a terminal: control and direction marks are spelled out."""
    steering = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return "".join(
        f"\\u{ord(sign):04x}" if unicodedata.category(sign) in steering else sign for sign in text
    )


def _values(number: int) -> str:
    return f"{number} printed value{'s' if number != 1 else ''}"


def headline(audit: Audit) -> str:
    """The answer in a sentence or two."""
    search, size = audit.search, len(audit.table.values)
    if audit.verdict == CONSISTENT:
        return f"Consistent: whole numbers of cases fit all {_values(size)}."
    limit = audit.seconds.get("limit", TIME_LIMIT)
    if audit.verdict == NOT_SETTLED:
        return (
            f"Not settled within {limit:g} s: neither possible nor impossible is proved. No value"
            " is called wrong."
        )
    if search.impossible:
        return "Not consistent: the trusted values alone contradict each other."
    least = f"{search.lower} of {_values(size)}"
    if audit.units:
        errors = "error" if search.lower == 1 else "errors"
        least = f"{search.lower} {errors}, a whole row counted as one"
    if audit.doubts:
        return (
            "Not consistent as read, but another reading may explain it; no value is called wrong."
        )
    if search.minimum is None:
        return (
            f"Not consistent: at least {least} must be wrong; how many was not settled within"
            f" {limit:g} s."
        )
    only = {
        True: "only one set of that size will do, which is proved too.",
        False: "more than one set of that size will do.",
        None: "whether other sets of that size will do was not settled.",
    }[search.unique]
    return f"Not consistent: at least {least} must be wrong, which is proved; {only}"


def proof_of_consistency(audit: Audit) -> str:
    """How much it says that a table is consistent."""
    if not audit.noticed:
        return ""
    caught, tried = audit.noticed
    return (
        f"Of {tried} single-digit slips tried at random, at least {caught} would have been noticed."
    )


def place_name(audit: Audit, value: Value) -> str:
    """A position in words."""
    row, column = value.place
    if value.group is None and value.category is None and value.kind == "count":
        return "the grand total"
    return clean(f"{row}, {column}")


def _belongs(finding: Finding, value: Value, audit: Audit) -> int | None:
    """How closely a finding is tied to a wrong value; the least is the closest."""
    if finding.check == "band_labels":
        return None
    group = audit.table.groups[value.group] if value.group is not None else None
    here = value.cell in finding.cells
    of_totals = finding.check in ("row_totals", "grand_total", "column_totals", "average_share")
    tests = (
        here and len(finding.cells) == 1,
        of_totals and value.group is None and value.category is None,
        value.category is None and group is not None and group in (finding.row, finding.column),
        here,
        value.row == finding.row,
        of_totals and value.column == finding.column and value.category is not None,
    )
    return next((k for k, hit in enumerate(tests) if hit), None)


def grouped(audit: Audit) -> tuple[dict[int, list[Finding]], list[Finding]]:
    """Proofs under the wrong value that each follows from, and the others."""
    under: dict[int, list[Finding]] = {e.value: [] for e in audit.edits}
    rest = []
    for finding in audit.results:
        ranks = [(_belongs(finding, audit.table.values[i], audit), i) for i in under]
        ranks = [(rank, i) for rank, i in ranks if rank is not None]
        if ranks and not audit.doubts:
            under[min(ranks)[1]].append(finding)
        else:
            rest.append(finding)
    return under, rest


def _wrapped(text: str, first: str = "", later: str | None = None) -> list[str]:
    later = first if later is None else later
    wrapper = textwrap.TextWrapper(WIDTH, first, later, break_on_hyphens=False)
    return wrapper.wrap(clean(text))


def _listed(texts: Sequence[str], most: int, indent: str, more: str = "more") -> list[str]:
    """The first of some sentences as a list, and how many more there are."""
    lines = [x for text in texts[:most] for x in _wrapped(text, f"{indent}- ", f"{indent}  ")]
    return lines + [f"{indent}- and {len(texts) - most} {more}"] * (len(texts) > most)


def as_text(audit: Audit) -> str:
    """The audit as a report in plain text, 80 columns wide."""
    table, search = audit.table, audit.search
    groups, categories = len(table.groups), len(table.categories)
    what = (
        f"Read as {table.layout}: {groups} group{'s' * (groups != 1)}, {categories}"
        f" categor{'ies' if categories != 1 else 'y'}."
    )
    lines = [*_wrapped(f"Audit of {table.source}"), ""]
    lines += [*_wrapped(headline(audit)), *_wrapped(proof_of_consistency(audit)), ""]
    lines += [*_wrapped(audit.assumptions), *_wrapped(what), ""]
    for doubt in audit.doubts:
        lines += _wrapped(doubt, "  * ", "    ")
    units, repair = [], []
    under, rest = grouped(audit)
    if audit.doubts:
        least = f"With none of this, at least {_values(search.lower)} would be wrong."
        lines += ["", *_wrapped(least, "  "), ""]
    else:
        units = _wrapped("; ".join(audit.wrong_units), "  ")
        repair = [x for edit in audit.edits for x in _edit_lines(audit, edit, under[edit.value])]
        repair += _alternatives(audit) if audit.edits else []
    sections = {
        "ONE SMALLEST SET OF ERRORS": units,
        "THE SMALLEST REPAIR" if search.unique else "ONE OF THE SMALLEST REPAIRS": repair,
        "WHAT DOES NOT FIT": _finding_lines([f for f in rest if not f.is_hint]),
        "WORTH A LOOK": _finding_lines([f for f in rest if f.is_hint]),
        "NOT AUDITED": _listed(table.skipped, MOST_SHOWN, "  "),
    }
    for title, body in sections.items():
        lines += [title, "", *body, ""] if body else []
    return "\n".join(lines).rstrip() + "\n"


def _edit_lines(audit: Audit, edit: Edit, findings: list[Finding]) -> list[str]:
    value = audit.table.values[edit.value]
    always = not audit.unique and edit.value in audit.search.always
    text = f"{place_name(audit, value)}: {value.printed.text} -> {audit.repaired(edit)}"
    lines = _wrapped(text + "  (in every smallest repair)" * always, "  ", "      ")
    shown = sorted(findings, key=lambda f: not f.is_hint)
    return lines + _listed([f.message for f in shown], 4, "      ", "more of the same kind")


def _alternatives(audit: Audit) -> list[str]:
    first, *others = map(set, audit.search.sets)

    def names(wrong: set[int]) -> str:
        return "; ".join(place_name(audit, audit.table.values[i]) for i in sorted(wrong))

    lines = []
    for one in others[:3]:
        text = f"or {names(one - first)} in place of {names(first - one)}"
        lines += _wrapped(text, "  ", "      ")
    if more := len(others[3:]):
        perhaps = "" if audit.search.complete else ", and perhaps more"
        lines += [f"  or {more} other set{'s' if more > 1 else ''}{perhaps}"]
    return lines


def _finding_lines(findings: list[Finding]) -> list[str]:
    lines = []
    for check, heading in (CHECKS | HINTS).items():
        messages = []
        for finding in findings:
            if finding.check == check:
                where = ", ".join(name for name in (finding.row, finding.column) if name)
                bare = check in ("row_totals", "grand_total", "together")
                messages.append(finding.message if bare else f"[{where}] {finding.message}")
        if messages:
            lines += [f"  {heading}", *_listed(messages, MOST_SHOWN, "    "), ""]
    return lines[:-1]


def as_json(audit: Audit, counts: bool | None = None) -> dict:
    """The audit as plain dictionaries and lists.

    Parameters
    ----------
    audit : Audit
    counts : bool, optional
        Whether to compute what counts are possible; by default if a repair is known.

    Returns
    -------
    dict
        As described in `schema.json` of the package.
    """
    from grimtable import __version__

    table, search, values = audit.table, audit.search, audit.table.values
    if counts is None:
        counts = audit.counted[1]

    def places(positions):
        return [{"row": row, "column": column} for row, column in positions]

    ranges = audit.count_ranges() if counts else {}
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": audit.verdict,
        "consistent": {CONSISTENT: True, INCONSISTENT: False, NOT_SETTLED: None}[audit.verdict],
        "headline": headline(audit),
        "assumptions": audit.assumptions,
        "doubts": list(audit.doubts),
        "noticed": audit.noticed and {"caught": audit.noticed[0], "tried": audit.noticed[1]},
        "table": {
            "source": table.source,
            "layout": table.layout,
            "groups": list(table.groups),
            "categories": list(table.categories),
            "skipped": list(table.skipped),
            "values": [
                {key: getattr(v, key) for key in ("row", "column", "part", "kind")}
                | {"text": v.printed.text, "number": v.printed.number}
                for v in values
            ],
        },
        "findings": [
            {key: getattr(finding, key) for key in FINDING}
            | {"hint": finding.is_hint}
            for finding in audit.results
        ],
        "repair": {
            "minimum": search.minimum,
            "lower_bound": search.lower,
            "proved": search.proved,
            "unique": search.unique,
            "edits": [_edit(audit, e) for e in audit.edits],
            "units": audit.wrong_units,
            "alternatives": [places(one) for one in audit.alternatives],
            "complete": search.complete,
            "always_wrong": places(audit.always_wrong),
            "counts": {
                row: {k: low if low == high else [low, high] for k, (low, high) in own.items()}
                for row, own in ranges.items()
            }
            if ranges
            else None,
            "counts_proved": audit.counts_settled if ranges else None,
        },
        "seconds": audit.seconds,
    }  # fmt: skip


def _edit(audit: Audit, edit: Edit) -> dict:
    value = audit.table.values[edit.value]
    row, column = value.place

    repaired = None
    if edit.low is not None and edit.high is not None:
        low, high = plain(edit.low), plain(edit.high)
        repaired = low if low == high else [low, high]
    printed = {"printed": value.printed.number, "text": value.printed.text}
    right = {"repaired": repaired, "repaired_text": audit.repaired(edit)}
    return {"row": row, "column": column} | printed | right


LEGEND = {
    "wrong": "wrong in every smallest repair",
    "doubtful": "does not fit the values around it, or is worth a look",
}


def as_html(audit: Audit) -> str:
    """The audit as one file without references to others, fit to be attached to a review."""
    title = _say(f"Audit of {audit.table.source}")
    return Template(_file("page.html")).substitute(title=title, report=as_fragment(audit))


def _file(name: str) -> str:
    return files("grimtable").joinpath(name).read_text(encoding="utf-8")


def _say(text: str) -> str:
    return html.escape(clean(text))


def marks(audit: Audit) -> dict[tuple[int, int], tuple[str, list[str]]]:
    """Cells to mark, by line and column of the grid: "wrong" or "doubtful", and why."""
    found: dict[tuple[int, int], tuple[str, list[str]]] = {}
    if audit.doubts:
        return found
    for edit in audit.edits:
        value = audit.table.values[edit.value]
        kind, words = "doubtful", "is wrong in this smallest repair, and right in another"
        if edit.value in audit.search.always:
            kind, words = "wrong", "is wrong in every smallest repair"
        part = f" ({value.part})" if value.part else ""
        reason = f"{value.printed.text}{part} {words}; it would be {audit.repaired(edit)}."
        before, reasons = found.get(value.cell, (kind, []))
        found[value.cell] = "wrong" if before == "wrong" else kind, [*reasons, reason]
    for finding in audit.results:
        for cell in _cells_of(finding, audit):
            kind, reasons = found.get(cell, ("doubtful", []))
            found[cell] = kind, [*reasons, finding.message]
    return found


def _cells_of(finding: Finding, audit: Audit) -> tuple[tuple[int, int], ...]:
    """Where a finding is marked: one on a whole group at its size, one on a label at that."""
    table = audit.table
    if len(finding.cells) == 1 or (finding.is_hint and finding.cells):
        return finding.cells
    if finding.row in table.groups:
        group = table.groups.index(finding.row)
        sizes = [v.cell for v in table.values if v.group == group and v.category is None]
        return tuple(sizes[:1])
    line = max(table.header - 1, 0)
    if finding.row is None and finding.column and table.grid:
        return tuple((line, j) for j, text in enumerate(table.grid[line]) if text == finding.column)
    return ()


def place_of(audit: Audit, cell: tuple[int, int]) -> tuple[str, str]:
    """Row and column of a cell of the grid, as printed; no row for one of the header."""
    table, (i, j) = audit.table, cell
    found = (value for value in table.values if value.cell == cell)
    if value := next(found, None):
        return value.row, value.column
    row = table.grid[i][0] if i >= table.header else ""
    return row, table.grid[max(table.header - 1, 0)][j]


def as_fragment(audit: Audit) -> str:
    """The report without a page around it, as for a notebook: the answer first, then why."""
    table = audit.table
    # Several reports can stand on one page, so each has marks of its own.
    texts = "|".join(value.printed.text for value in table.values)
    mark_id = f"grimtable-{zlib.crc32((headline(audit) + texts).encode()):08x}"
    parts = [
        f'<div class="grimtable"><style>\n{_file("report.css")}</style>',
        f"<p><strong>{_say(headline(audit))}</strong> {_say(proof_of_consistency(audit))}</p>",
        *_list("ul", audit.doubts),
    ]
    if audit.edits and not audit.doubts:
        parts += _repair_table(audit)
    parts += [f"<p>{_say(audit.assumptions)} Read as {_say(table.layout)}.</p>"]
    if table.grid:
        found = marks(audit)
        parts += _marked_table(audit, found, mark_id)
        parts += ["<ol>"] * bool(found)
        for k, (cell, (_, reasons)) in enumerate(sorted(found.items()), start=1):
            where = ", ".join(filter(None, place_of(audit, cell)))
            parts.append(f'<li id="{mark_id}-{k}">{_say(where)}: {_say(" ".join(reasons))}</li>')
        parts += ["</ol>"] * bool(found)
    rest = [f.message for f in audit.results if audit.doubts or not _cells_of(f, audit)]
    parts += _list("ul", rest[: 3 * MOST_SHOWN])
    if table.skipped:
        parts.append(f"<p>Not audited: {_say('; '.join(table.skipped[:MOST_SHOWN]))}.</p>")
    return "\n".join([*parts, "</div>", ""])


def _list(kind: str, items) -> list[str]:
    return [f"<{kind}>", *(f"<li>{_say(x)}</li>" for x in items), f"</{kind}>"] if items else []


def _marked_table(audit: Audit, found, mark_id: str) -> list[str]:
    """The table as printed, each marked cell with the number of its reason."""
    table, numbers = audit.table, {cell: k for k, cell in enumerate(sorted(found), start=1)}
    kinds = {kind for kind, _ in found.values()}
    legend = "; ".join(f'<span class="{k}">{k}</span>: {LEGEND[k]}' for k in LEGEND if k in kinds)
    lines = []
    for i, line in enumerate(table.grid):
        cells = []
        for j, text in enumerate(line):
            kind, _ = found.get((i, j), ("", None))
            tag = "th" if i < table.header or j == 0 else "td"
            scope = f' scope="{"col" if i < table.header else "row"}"' if tag == "th" else ""
            classes = " ".join(filter(None, (kind, "text" * (not any(map(str.isdigit, text))))))
            note = ""
            if kind:
                k = numbers[i, j]
                label = f'aria-label="{LEGEND[kind]}, note {k}"'
                note = f' <sup><a href="#{mark_id}-{k}" {label}>{k}</a></sup>'
            attributes = scope + (f' class="{classes}"' if classes else "")
            cells.append(f"<{tag}{attributes}>{_say(text)}{note}</{tag}>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return [
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_say(table.source)}">',
        f"<table><caption>The table as printed{', with marks' * bool(found)}</caption>",
        "<thead>", *lines[: table.header], "</thead><tbody>", *lines[table.header :],
        "</tbody></table></div>", *([f"<p>Marks: {legend}.</p>"] if found else []),
    ]  # fmt: skip


def _repair_table(audit: Audit) -> list[str]:
    """What one smallest repair changes."""
    caption = "The smallest repair" if audit.unique else "One of the smallest repairs"
    lines = [
        f'<tr><th scope="row">{_say(row)}</th><td class="text">{_say(column)}</td>'
        f"<td>{_say(printed)}</td><td>{_say(right)}</td></tr>"
        for row, column, printed, right in audit.repair.itertuples(index=False)
    ]
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Row", "Column", "Printed", "Would be")
    )
    return [
        '<div class="scroll" tabindex="0" role="region" aria-label="The repair">',
        f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>",
        *lines, "</tbody></table></div>",
    ]  # fmt: skip
