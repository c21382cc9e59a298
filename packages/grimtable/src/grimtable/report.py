"""The audit as text for people, as HTML to attach to a review, and as an object for machines."""

from __future__ import annotations

import html
import textwrap
import unicodedata
import zlib

from grimtable.auditing import CONSISTENT, INCONSISTENT, NOT_SETTLED, TIME_LIMIT, Audit
from grimtable.checks import CHECKS, HINTS, Finding
from grimtable.repair import Edit
from grimtable.tables import Value

WIDTH = 80
SCHEMA = "grimtable-2"
MOST_SHOWN = 12
FINDING = ("check", "row", "column", "printed", "computed", "message")


def clean(text: str) -> str:
    """A label without what could steer a terminal: control and direction marks are spelled out."""
    return "".join(
        (
            f"\\u{ord(sign):04x}"
            if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
            else sign
        )
        for sign in text
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
    if audit.units:
        least = (
            f"{search.lower} error{'s' if search.lower != 1 else ''}, a whole row counted as one"
        )
    else:
        least = f"{search.lower} of {_values(size)}"
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
    return textwrap.wrap(
        clean(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if later is None else later,
        break_on_hyphens=False,
    )


def as_text(audit: Audit) -> str:
    """The audit as a report in plain text, 80 columns wide."""
    table, search = audit.table, audit.search
    lines = _wrapped(f"Audit of {table.source}")
    groups, categories = len(table.groups), len(table.categories)
    what = (
        f"Read as {table.layout}: {groups} group{'s' * (groups != 1)}, {categories}"
        f" categor{'ies' if categories != 1 else 'y'}."
    )
    lines += ["", *_wrapped(headline(audit)), *_wrapped(proof_of_consistency(audit)), ""]
    lines += [*_wrapped(audit.assumptions), *_wrapped(what), ""]
    for doubt in audit.doubts:
        lines += _wrapped(doubt, "  * ", "    ")
    if audit.doubts:
        least = f"{search.lower}" if search.minimum is None else f"{search.minimum}"
        lines += [
            "",
            *_wrapped(f"With none of this, at least {_values(int(least))} would be wrong.", "  "),
            "",
        ]
    under, rest = grouped(audit)
    if audit.wrong_units and not audit.doubts:
        lines += [
            "ONE SMALLEST SET OF ERRORS",
            "",
            *_wrapped("; ".join(audit.wrong_units), "  "),
            "",
        ]
    if audit.edits and not audit.doubts:
        lines += ["THE SMALLEST REPAIR" if search.unique else "ONE OF THE SMALLEST REPAIRS", ""]
        for edit in audit.edits:
            lines += _edit_lines(audit, edit, under[edit.value])
        lines += _alternatives(audit)
        lines += [""]
    proofs = [f for f in rest if not f.is_hint]
    hints = [f for f in rest if f.is_hint]
    for title, findings in (("WHAT DOES NOT FIT", proofs), ("WORTH A LOOK", hints)):
        if findings:
            lines += [title, ""] + _finding_lines(findings)
    if table.skipped:
        lines += ["NOT AUDITED", ""]
        for text in table.skipped[:MOST_SHOWN]:
            lines += _wrapped(text, "  - ", "    ")
        if len(table.skipped) > MOST_SHOWN:
            lines += [f"  - and {len(table.skipped) - MOST_SHOWN} more"]
    return "\n".join(lines).rstrip() + "\n"


def _edit_lines(audit: Audit, edit: Edit, findings: list[Finding]) -> list[str]:
    value = audit.table.values[edit.value]
    right = audit.repaired(edit)
    always = ""
    if not audit.unique and edit.value in audit.search.always:
        always = "  (in every smallest repair)"
    lines = _wrapped(
        f"{place_name(audit, value)}: {value.printed.text} -> {right}{always}", "  ", "      "
    )
    shown = sorted(findings, key=lambda f: not f.is_hint)
    for finding in shown[:4]:
        lines += _wrapped(finding.message, "      - ", "        ")
    if len(shown) > 4:
        lines += [f"      - and {len(shown) - 4} more of the same kind"]
    return lines


def _alternatives(audit: Audit) -> list[str]:
    lines = []
    first = set(audit.search.sets[0])
    values = audit.table.values
    for one in audit.search.sets[1:4]:
        instead = "; ".join(place_name(audit, values[i]) for i in one if i not in first)
        kept = "; ".join(place_name(audit, values[i]) for i in sorted(first - set(one)))
        lines += _wrapped(f"or {instead} in place of {kept}", "  ", "      ")
    if len(audit.search.sets) > 4:
        more = len(audit.search.sets) - 4
        lines += [
            f"  or {more} other set{'s' if more > 1 else ''}"
            + ("" if audit.search.complete else ", and perhaps more")
        ]
    return lines


def _finding_lines(findings: list[Finding]) -> list[str]:
    lines = []
    for check, heading in (CHECKS | HINTS).items():
        group = [finding for finding in findings if finding.check == check]
        if not group:
            continue
        lines.append(f"  {heading}")
        for finding in group[:MOST_SHOWN]:
            where = ", ".join(name for name in (finding.row, finding.column) if name)
            bare = check in ("row_totals", "grand_total", "together")
            lines += _wrapped(
                finding.message if bare else f"[{where}] {finding.message}", "    - ", "      "
            )
        if len(group) > MOST_SHOWN:
            lines.append(f"    - and {len(group) - MOST_SHOWN} more")
        lines.append("")
    return lines


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

    def number(x):
        return int(x) if x.denominator == 1 else float(x)

    repaired = None
    if edit.low is not None and edit.high is not None:
        repaired = (
            number(edit.low) if edit.low == edit.high else [number(edit.low), number(edit.high)]
        )
    printed = {"printed": value.printed.number, "text": value.printed.text}
    right = {"repaired": repaired, "repaired_text": audit.repaired(edit)}
    return {"row": row, "column": column} | printed | right


STYLE = """
.grimtable{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:75rem;
overflow-wrap:break-word}
.grimtable table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.grimtable caption{text-align:left;font-weight:600;padding:.4rem 0}
.grimtable th,.grimtable td{border:1px solid #767676;padding:.25rem .5rem;text-align:right}
.grimtable th,.grimtable .text{text-align:left}
.grimtable th{background:#f2f2f2;font-weight:600}
.grimtable .wrong{background:#ffe0d6;outline:2px solid #a32100;outline-offset:-2px;font-weight:700}
.grimtable .doubtful{background:#fff3c4}
.grimtable .scroll{overflow-x:auto;margin:1rem 0}
.grimtable li{margin:.25rem 0}
.grimtable a{color:#0b4f8a}
"""
PAGE = """
body{margin:0;padding:1rem;background:#fff}
h1{font-size:1.4rem;line-height:1.3;margin:0;overflow-wrap:anywhere}
@media (max-width:40rem){.grimtable{font-size:15px}.grimtable ol{padding-left:2rem}}
@media (prefers-color-scheme:dark){
body,.grimtable{background:#161616;color:#eee}
.grimtable th{background:#2a2a2a}
.grimtable .wrong{background:#5c1c0c;outline-color:#ff9d80}
.grimtable .doubtful{background:#4a3f0d}
.grimtable a{color:#8ec7ff}
}
"""
LEGEND = {
    "wrong": "wrong in every smallest repair",
    "doubtful": "does not fit the values around it, or is worth a look",
}


def as_html(audit: Audit) -> str:
    """The audit as one file without references to others, fit to be attached to a review."""
    title = _say(f"Audit of {audit.table.source}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n</head>\n<body>\n"
        f'<main class="grimtable"><h1>{title}</h1>\n{as_fragment(audit)}</main>\n'
        f"<style>{PAGE}</style>\n</body>\n</html>\n"
    )


def _say(text: str) -> str:
    return html.escape(clean(text))


def marks(audit: Audit) -> dict[tuple[int, int], tuple[str, list[str]]]:
    """Cells to mark, by line and column of the grid: "wrong" or "doubtful", and why."""
    found: dict[tuple[int, int], tuple[str, list[str]]] = {}
    if audit.doubts:
        return found
    for edit in audit.edits:
        value = audit.table.values[edit.value]
        kind = "wrong" if edit.value in audit.search.always else "doubtful"
        words = (
            "is wrong in every smallest repair"
            if kind == "wrong"
            else "is wrong in this smallest repair, and right in another"
        )
        part = f" ({value.part})" if value.part else ""
        reason = f"{value.printed.text}{part} {words}; it would be {audit.repaired(edit)}."
        before = found.get(value.cell, (kind, []))
        found[value.cell] = (
            "wrong" if "wrong" in (kind, before[0]) else kind,
            [*before[1], reason],
        )
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
        f'<div class="grimtable"><style>{STYLE}</style>',
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
