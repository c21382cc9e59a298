"""The claims ledger: what became of every claim of the paper, computed wherever it can be.

A claim about Table 1 is a function of the table, run on the print and on the repaired
table. A claim that rests on cited works is judged by `data/citation_checks.csv`.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from citablebook import data, references
from smebook import proofreading
from smebook import innovation_by_size as by_size
from citablebook.display import Table
from smebook.innovation_by_size import SizeTable
from citablebook.numbers import Number, computed, rounded, stated
from citablebook.paths import DATA_PAGE, REFERENCES_PAGE, makes_pages

#: What can become of a claim, in the order of the ledger.
STATUSES = {
    "reproduced": "reproduced from the bundled data",
    "repaired": "reproduced after repair",
    "contradicted": "contradicted by the paper's own table",
    "otherwise": "the cited work says otherwise or something else",
    "work": "rests on the cited work alone",
    "definition": "matter of definition",
    "aim": "aim of the paper, nothing to check",
    "uncited": "no citation given",
}

_AGREEMENT = {
    "supports": "supports it",
    "partly": "supports a part of it",
    "differs": "says otherwise",
    "other_topic": "is about something else",
    "not_seen": "could not be compared",
}
_EVIDENCE = {
    "seen": "",
    "text": "by the paper's own quotation",
    "general": "by general knowledge, the work was not seen",
}


@dataclass(frozen=True)
class Entry:
    """One claim and what became of it.

    Attributes
    ----------
    claim, section, says, kind : str
        Row of `data/claims.csv`.
    works : tuple of str
        Citekeys of the works the paper cites for it.
    status : str
        A key of `STATUSES`.
    reason : str
        Why it has this status, in sentences.
    computation : tuple of (str, str)
        Links to what the status rests on: address from a chapter, and its name.
    """

    claim: str
    section: str
    says: str
    kind: str
    works: tuple[str, ...]
    status: str
    reason: str
    computation: tuple[tuple[str, str], ...]

    @property
    def authority(self) -> str:
        """On whose authority the paper makes the claim."""
        return "; ".join(references.works()[key].label for key in self.works) or "the paper's own"


def _percent(value: float) -> str:
    return f"{rounded(value, 1)}%"


def _years(period: str) -> str:
    return period.replace("-", "\N{EN DASH}")


def _covered(table: SizeTable) -> tuple[bool, str]:
    least, rows = float(stated("innovations_covered")), int(table.n.sum())
    printed = float(by_size.printed_total())
    holds = rows > least and (table.kind != "print" or printed > least)
    margin = f", and the printed grand total is {int(printed):,}" if table.kind == "print" else ""
    return (
        holds,
        f"The text has more than {int(least):,}; the periods of the table sum to {rows:,}{margin}.",
    )


def _steadily(table: SizeTable) -> tuple[bool, str]:
    share = table.shares.iloc[:, 0]
    falls = [period for period, step in share.diff().items() if step < 0]
    return not falls, (
        f"The share of the smallest band goes from {_percent(share.iloc[0])} to {_percent(share.iloc[-1])}, "
        + (
            f"but falls in {len(falls)} of {len(share) - 1} steps, until {_years(falls[-1])}."
            if falls
            else "without a fall."
        )
    )


def _overtook(table: SizeTable) -> tuple[bool, str]:
    groups = {
        "200 to 999": (200, 999),
        "1,000 to 9,999": (1000, 9999),
        "1,000 and more": (1000, float("inf")),
    }
    since = {
        name: by_size.first_overtaking(table.bands[0], *limits, table)
        for name, limits in groups.items()
    }
    told = "; ".join(
        f"of those with {name} employees "
        + (f"from {_years(period)}" if period else "in no period")
        for name, period in since.items()
    )
    return all(
        period == table.periods[-1] for period in since.values()
    ), f"The smallest band is ahead for good {told}."


def _large_lag(table: SizeTable) -> tuple[bool, str]:
    small, large = table.shares.iloc[:, 0], table.group_shares(1000)
    holds = bool((large < small).any())
    return holds, (
        f"Units with 1,000 and more employees made {_percent(large.iloc[-1])} of the innovations of {_years(table.periods[-1])}, the smallest band {_percent(small.iloc[-1])}; "
        + ("the order changes over time" if holds else "the large are ahead in every period")
        + ". The table has no numbers of firms by which to measure vigour."
    )


#: Claims that Table 1 can decide, each with the function that does and where the book discusses it.
TABLE_CLAIMS: dict[
    str, tuple[Callable[[SizeTable], tuple[bool, str]], tuple[tuple[str, str], ...]]
] = {
    "C78": (_covered, (("proofreading-table-1.html#S-E27", "where text and table disagree"),)),
    "C79": (_steadily, (("firm-size.html#fig-share-over-time", "the shares over time"),)),
    "C80": (_overtook, (("firm-size.html#fig-overtaking", "who overtook whom"),)),
    "C82": (_large_lag, (("firm-size.html#fig-overtaking", "small against large units"),)),
}


def _by_table(claim: str, printed: SizeTable, repaired: SizeTable) -> tuple[str, str]:
    """Return status and reason of a claim about Table 1."""
    check, _ = TABLE_CLAIMS[claim]
    (in_print, first), (after_repair, second) = check(printed), check(repaired)
    status = {(True, True): "reproduced", (False, True): "repaired"}.get(
        (in_print, after_repair), "contradicted"
    )
    return status, first if first == second else f"As printed: {first} Repaired: {second}"


def _by_cases() -> tuple[str, str]:
    """Return status and reason of the claim that no one model fits all cases."""
    drivers = data.load("case_drivers").groupby("case")["driver"].agg(frozenset)
    distinct = drivers.is_unique
    reason = f"Of the {len(drivers)} cases coded from the paper, {'no two' if distinct else 'some'} name the same drivers. All are cases of success, and the paper's own account."
    return ("reproduced" if distinct else "contradicted"), reason


def _by_works(claim: str, works: tuple[str, ...]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return status, reason and links of a claim that rests on cited works."""
    checks = data.load("citation_checks")
    checks = checks[[claim in claims.split(";") for claims in checks["claims"]]]
    found = set(checks["agreement"])
    compared = found - {"not_seen"}
    complete = set(works) == set(checks["citekey"]) and "not_seen" not in found
    otherwise = "differs" in found or (complete and compared == {"other_topic"})
    sentences = []
    for key in works:
        rows = checks[checks["citekey"] == key]
        if rows.empty:
            sentences.append(f"{references.works()[key].label} was not compared.")
        for row in rows.to_dict("records"):
            detail = row["agreement"] in ("differs", "other_topic")
            evidence = _EVIDENCE[row["evidence"]] if row["agreement"] != "not_seen" else ""
            ground = "; ".join(filter(None, [evidence, row["seen_where"] if detail else ""]))
            sentences.append(
                f"{references.works()[key].label} {_AGREEMENT[row['agreement']]}{f' ({ground})' if ground else ''}."
                + (f" {row['work_says']}" if detail else "")
            )
    links = tuple(
        (f"{DATA_PAGE}#citation-checks.{row}", f"comparison {row}") for row in checks["id"]
    )
    return ("otherwise" if otherwise else "work"), " ".join(sentences), links


def entries(printed: SizeTable | None = None, repaired: SizeTable | None = None) -> list[Entry]:
    """Return every claim with its status.

    Parameters
    ----------
    printed, repaired : SizeTable, optional
        Table 1 as printed and after repair; by default those of the book.
    """
    printed, repaired = printed or by_size.printed(), repaired or proofreading.repaired()
    return [_entry(row, printed, repaired) for row in data.load("claims").to_dict("records")]


def _entry(row: dict, printed: SizeTable, repaired: SizeTable) -> Entry:
    claim, works = row["id"], tuple(filter(None, row["works"].split(";")))
    links: tuple[tuple[str, str], ...] = (
        (f"{DATA_PAGE}#claims.{claim.lower()}", "the claim as coded"),
    )
    if claim in TABLE_CLAIMS:
        (status, reason), links = _by_table(claim, printed, repaired), TABLE_CLAIMS[claim][1]
    elif claim == "C109":
        (status, reason), links = (
            _by_cases(),
            (("cases.html#fig-cases-and-drivers", "the cases compared"),),
        )
    elif works:
        status, reason, found = _by_works(claim, works)
        links = found or tuple(
            (f"{REFERENCES_PAGE}#ref-{key}", references.works()[key].label) for key in works
        )
        if row["kind"] == "definition" and status == "work":
            status, reason = "definition", f"It says how a term is used. {reason}"
    elif row["kind"] == "definition":
        status, reason = "definition", "It says how a term is used or where a rule draws a line."
    elif row["kind"] == "purpose":
        status, reason = "aim", "It says what the paper sets out to do."
    else:
        kind = {
            "interpretation": "an inference of the paper",
            "recommendation": "a recommendation",
            "premise": "a premise",
            "gap": "a statement on the literature",
            "history": "a statement on history",
        }
        status, reason = (
            "uncited",
            f"It is {kind.get(row['kind'], 'a statement')} for which the paper cites nothing.",
        )
    return Entry(claim, row["section"], row["claim"], row["kind"], works, status, reason, links)


def frame() -> pd.DataFrame:
    """Return the ledger as a table, one row per claim: for the downloads, and where there is no HTML."""
    return pd.DataFrame(
        [
            {
                "claim": e.claim,
                "section": e.section,
                "says": e.says,
                "kind": e.kind,
                "authority": e.authority,
                "works": ";".join(e.works),
                "status": STATUSES[e.status],
                "reason": e.reason,
                "computation": ";".join(address for address, _ in e.computation),
            }
            for e in entries()
        ]
    )


def count(*statuses: str) -> Number:
    """Return how many claims have one of the statuses, as a number with its origin."""
    unknown = set(statuses) - set(STATUSES)
    if unknown:
        raise ValueError(f"'{unknown.pop()}' is no status: use {', '.join(STATUSES)}")
    found = sum(entry.status in statuses for entry in entries())
    return computed(
        found,
        "claims",
        0,
        f"claims counted whose status is '{' or '.join(STATUSES[s] for s in statuses)}'",
        "claims",
    )


class Ledger:
    """The ledger for readers: a table that can be filtered, with an address for every claim."""

    def _row(self, entry: Entry) -> str:
        links = ", ".join(
            f'<a href="{address}">{html.escape(name)}</a>' for address, name in entry.computation
        )
        works = (
            "; ".join(
                f'<a href="{REFERENCES_PAGE}#ref-{key}">{html.escape(references.works()[key].label)}</a>'
                for key in entry.works
            )
            or "the paper\N{RIGHT SINGLE QUOTATION MARK}s own"
        )
        where = f"section {entry.section}" if entry.section[0].isdigit() else entry.section
        c = entry.claim
        return (
            f'<tr role="row" id="ledger-{c}" data-status="{entry.status}" data-section="{entry.section}">'
            f'<th role="rowheader" scope="row"><a href="../id/{c}.html" aria-label="{c} in its place">{c}</a></th>'
            f'<td role="cell" data-label="Claim">{html.escape(entry.says)} <span class="address">{where} <a class="cite" href="../cite/{c}.html" data-cite="{c}" aria-label="Cite {c}">Cite</a></span></td>'
            f'<td role="cell" data-label="Authority">{works}</td>'
            f'<td role="cell" data-label="Status"><b class="status {entry.status}">{STATUSES[entry.status]}</b> {html.escape(entry.reason)} <span class="computation">See {links}.</span></td></tr>'
        )

    def _frame(self) -> Table:
        columns = {
            "claim": "No.",
            "says": "Claim",
            "section": "Section",
            "authority": "Authority",
            "status": "Status",
            "reason": "Reason",
        }
        return Table(frame()[list(columns)].rename(columns=columns), "Claims ledger")

    def _repr_html_(self) -> str:
        if not makes_pages():
            return self._frame()._repr_html_()
        listed = entries()
        sections = list(dict.fromkeys(entry.section for entry in listed))
        statuses = "".join(
            f'<option value="{key}">{name}</option>' for key, name in STATUSES.items()
        )
        places = "".join(f'<option value="{s}">{s}</option>' for s in sections)
        heads = "".join(
            f'<th role="columnheader" scope="col">{name}</th>'
            for name in ("No.", "Claim", "Authority", "Status")
        )
        return (
            '<form class="ledger-filter" role="search" aria-label="Filter the claims" hidden>'
            '<label>Find <input type="search" name="q" autocomplete="off"></label>'
            f'<label>Status <select name="status"><option value="">any</option>{statuses}</select></label>'
            f'<label>Section <select name="section"><option value="">any</option>{places}</select></label> <output></output></form>'
            '<p class="ledger-files">Download: <a href="../_static/ledger.csv" download="ledger.csv">CSV</a>, <a href="../_static/ledger.json" download="ledger.json">JSON</a></p>'
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="Claims ledger"><table class="book-table stacked ledger" role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{"".join(self._row(entry) for entry in listed)}</tbody></table></div>'
        )

    def _repr_markdown_(self) -> str:
        return self._frame()._repr_markdown_()

    def __repr__(self) -> str:
        return frame().to_string(index=False)
