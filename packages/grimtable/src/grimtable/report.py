"""The audit as a report for people, and as the object for machines."""

from __future__ import annotations

import textwrap

from grimtable.checks import Finding, _json
from grimtable.printed import COUNT, TOTAL
from grimtable.repair import Edit, position_name

WIDTH = 88
HEADINGS = {
    "row_sum": "Percentages that do not add to 100",
    "impossible_share": "Percentages that no whole number of cases gives",
    "impossible_row": "Rows possible cell by cell, but not together",
    "row_totals": "Row counts against the grand total",
    "grand_total": "Column totals against the grand total",
    "column_totals": "Column totals against the rows",
    "average_share": "Average shares against the totals",
    "band_labels": "Labels of the size bands",
    "repeated_cells": "Repeated cells",
    "transposed_digits": "Exchanged digits",
}


def audit_as_json(audit) -> dict:
    """The audit as plain dictionaries and lists.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict
        `consistent`, `findings` and `repair`; besides the documented keys,
        `repair` has `proved`, `lower_bound`, `counts_proved`, `alternatives`
        and `always_wrong`.
    """
    repair, table = audit.repair, audit.table
    names = [*table.bands, COUNT]

    def places(positions):
        return [{"row": row, "column": column} for row, column in positions]

    def count(row, column):
        if (row, column) not in repair.counts:
            return None
        low, high = repair.counts[row, column]
        return low if low == high else [low, high]

    return {
        "consistent": audit.consistent,
        "findings": [
            {
                key: getattr(finding, key)
                for key in ("check", "row", "column", "printed", "computed", "message")
            }
            for finding in audit.findings
        ],
        "repair": {
            "minimum": repair.minimum,
            "unique": repair.unique,
            "edits": [
                {
                    "row": e.row,
                    "column": e.column,
                    "printed": e.printed.number,
                    "repaired": _repaired(e),
                }
                for e in repair.edits
            ],
            "counts": {
                row: {column: count(row, column) for column in names}
                for row in (*table.rows, TOTAL)
            },
            "proved": repair.proved,
            "lower_bound": repair.lower_bound,
            "counts_proved": repair.counts_proved,
            "always_wrong": places(repair.always_wrong),
            "alternatives": [places(one) for one in repair.alternatives],
        },
    }


def _repaired(edit: Edit):
    return _json(edit.low) if edit.low == edit.high else [_json(edit.low), _json(edit.high)]


def audit_as_text(audit) -> str:
    """The audit as a short report in plain text."""
    table, repair = audit.table, audit.repair
    size = f"{len(table.rows)} rows, {len(table.bands)} bands"
    lines = [f"Audit of {table.source}  ({size}, grand total {table.grand_total.text})", ""]
    proofs = [finding for finding in audit.findings if not finding.is_hint]
    hints = [finding for finding in audit.findings if finding.is_hint]
    if audit.consistent:
        lines += ["Consistent: whole-number counts exist that round to every printed value.", ""]
    else:
        lines += ["Not consistent: no whole-number counts round to every printed value.", ""]
    for title, findings in (("WHAT DOES NOT FIT", proofs), ("WORTH A LOOK", hints)):
        if findings:
            lines += [title, ""] + _findings(findings)
    if not audit.consistent:
        lines += _repair_lines(audit)
    elif any(low < high for low, high in repair.counts.values()):
        lines += ["Not every count is settled by what is printed; --json lists the ranges.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _wrapped(text: str, indent: str, first: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    )


def _findings(findings: list[Finding]) -> list[str]:
    lines = []
    for check, heading in HEADINGS.items():
        group = [finding for finding in findings if finding.check == check]
        if not group:
            continue
        lines.append(f"  {heading}")
        for finding in group:
            where = ", ".join(name for name in (finding.row, finding.column) if name)
            text = (
                finding.message
                if check in ("row_totals", "grand_total")
                else f"[{where}] {finding.message}"
            )
            lines.append(_wrapped(text, "      ", "    - "))
        lines.append("")
    return lines


def _repair_lines(audit) -> list[str]:
    repair = audit.repair
    number = f"{repair.minimum} printed value{'s' if repair.minimum != 1 else ''}"
    if repair.proved:
        sentence = f"At least {number} must be wrong; this is proved."
    else:
        sentence = (
            f"Not proved within the time limit: at least {repair.lower_bound} printed values must be wrong"
            + (f", and {number} suffice." if repair.edits else ".")
        )
    sentence += {
        True: " Only one set of that size will do, also proved:",
        False: " More than one set of that size will do; one of them:",
        None: " Whether other sets of that size will do is not proved; one that does:"
        if repair.edits
        else "",
    }[repair.unique]
    lines = ["THE SMALLEST REPAIR", "", _wrapped(sentence, "  ", "  "), ""]
    names = [position_name((edit.row, edit.column)) for edit in repair.edits]
    width = max((len(name) for name in names), default=0)
    for name, edit in zip(names, repair.edits, strict=True):
        low, high = edit.printed.show(edit.low), edit.printed.show(edit.high)
        right = low if low == high else f"{low} to {high}"
        always = (
            ""
            if repair.unique or (edit.row, edit.column) not in repair.always_wrong
            else "  (in every repair)"
        )
        lines.append(f"    {name:<{width}}  {edit.printed.text:>7} -> {right}{always}")
    for one in repair.alternatives[:3]:
        instead = [
            position_name(p) for p in one if p not in {(e.row, e.column) for e in repair.edits}
        ]
        kept = [
            position_name((e.row, e.column)) for e in repair.edits if (e.row, e.column) not in one
        ]
        lines.append(
            _wrapped(f"or {'; '.join(instead)} in place of {'; '.join(kept)}", "      ", "    ")
        )
    if len(repair.alternatives) > 3:
        lines.append(f"    ... and further sets (--json lists {len(repair.alternatives)}).")
    lines += [""] + _count_lines(audit)
    return lines


def _count_lines(audit) -> list[str]:
    table, counts = audit.table, audit.repair.counts
    if not counts:
        return []
    open_counts = sum(low < high for low, high in counts.values())
    if not audit.repair.counts_proved:
        state = "as far as found; not proved"
    elif open_counts:
        state = f"{len(counts) - open_counts} of {len(counts)} settled, the others as low..high"
    else:
        state = "every one is settled"
    columns = [*table.bands, COUNT]
    rows = [["", *columns]]
    for row in (*table.rows, TOTAL):
        ranges = [counts[row, column] for column in columns]
        rows.append([row, *(str(low) if low == high else f"{low}..{high}" for low, high in ranges)])
    widths = [max(len(line[k]) for line in rows) for k in range(len(rows[0]))]
    lines = [f"  The counts over all smallest repairs ({state}):", ""]
    for line in rows:
        rest = "  ".join(
            f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True)
        )
        lines.append(f"    {line[0]:<{widths[0]}}  {rest}")
    return lines
