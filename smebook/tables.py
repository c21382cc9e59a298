"""The book's tables, each made from a bundled table and set for readers."""

import pandas as pd

from citablebook import data
from smebook import innovation_by_size as by_size
from citablebook.data import SHARE, TOTAL
from citablebook.display import Table, Works
from citablebook.numbers import rounded

_RECOMPUTED_TOTAL, _RECOMPUTED_SHARE = "recomputed from the cells", "recomputed share, %"
_PRINTED_TOTAL, _PRINTED_SHARE = "printed total", "printed average, %"


def printed_table() -> Table:
    """Return the paper's Table 1 as printed, with recomputed margins beneath the printed ones."""
    raw = data.load(by_size.TABLE, as_text=True)
    frame = raw.rename(
        columns={"period": "Period", "n": "Innovations"}
        | {b: by_size.band_name(b) for b in raw.columns[1:-1]}
    )
    frame["Period"] = frame["Period"].replace({TOTAL: _PRINTED_TOTAL, SHARE: _PRINTED_SHARE})
    frame = frame.set_index("Period")
    margins = by_size.margins()
    frame.loc[_RECOMPUTED_TOTAL] = [
        f"{rounded(value, 0):,}" for value in margins["recomputed_total"]
    ]
    frame.loc[_RECOMPUTED_SHARE] = [str(rounded(value, 1)) for value in margins["recomputed_share"]]
    for row in (_PRINTED_TOTAL,):
        frame.loc[row] = [f"{int(value):,}" for value in frame.loc[row]]
    order = [
        *frame.index.drop([_PRINTED_SHARE, _RECOMPUTED_TOTAL, _RECOMPUTED_SHARE]),
        _RECOMPUTED_TOTAL,
        _PRINTED_SHARE,
        _RECOMPUTED_SHARE,
    ]
    frame = frame.loc[order].reset_index()
    frame["Period"] = frame["Period"].str.replace("-", "\N{EN DASH}")
    return Table(
        frame,
        "Innovations in the UK by size band, as printed, in % of the period",
        margins=order[-4:],
    )


def margin_comparison() -> Table:
    """Return printed and recomputed totals and shares by band, with their differences."""
    margins = by_size.margins()
    rows = []
    for band, row in margins.iterrows():
        name = "all bands" if band == "n" else by_size.band_name(band)
        total, implied = row["printed_total"], row["recomputed_total"]
        difference = rounded(implied, 0) - int(total)
        rows.append(
            (
                name,
                f"{int(total):,}",
                f"{rounded(implied, 0):,}",
                _signed(difference, 0),
                str(rounded(row["printed_share"], 1)),
                str(rounded(row["share_of_printed_totals"], 1)),
                str(rounded(row["recomputed_share"], 1)),
            )
        )
    columns = [
        "Size band",
        "Printed total",
        "Implied by the cells",
        "Difference",
        "Printed average, %",
        "Share of printed totals, %",
        "Share implied by the cells, %",
    ]
    return Table(
        pd.DataFrame(rows, columns=columns),
        "Printed and recomputed margins of Table 1",
        margins=("all bands",),
        stacked=False,
    )


def _signed(value: float, decimals: int) -> str:
    number = rounded(value, decimals)
    return f"+{number}" if number > 0 else str(number).replace("-", "\N{MINUS SIGN}")


def _prose_table(
    name: str, columns: dict[str, str], label: str, works: tuple[str, ...] = ("works",)
) -> Table:
    """Return a bundled table of prose with the columns renamed, and citekeys turned into linked works."""
    frame = data.load(name, as_text=True)
    for column in works:
        frame[column] = [Works.split(keys) for keys in frame[column]]
    return Table(frame[list(columns)].rename(columns=columns), label, stacked=True)


def quotations() -> Table:
    """Return where quotations in the paper depart from their sources."""
    table = _prose_table(
        "quotations",
        {
            "work": "Work",
            "section": "Section",
            "as_printed": "In the paper",
            "as_in_source": "In the source",
            "evidence": "Rests on",
            "grounds": "Grounds",
        },
        "Quotations compared with their sources",
        ("work",),
    )
    return table


def citation_checks() -> Table:
    """Return what each work is cited for beside what it says."""
    table = _prose_table(
        "citation_checks",
        {
            "citekey": "Work",
            "section": "Section",
            "cited_for": "Cited for",
            "work_says": "The work says",
            "agreement": "Comparison",
            "evidence": "Rests on",
        },
        "Citations compared with their works",
        ("citekey",),
    )
    words = {
        "other_topic": "about something else",
        "not_seen": "not seen",
        "differs": "says otherwise",
    }
    table.frame["Comparison"] = table.frame["Comparison"].replace(words)
    table.frame["Rests on"] = table.frame["Rests on"].replace(
        {
            "seen": "a page of the work",
            "text": "the paper's own quotation",
            "general": "general knowledge",
        }
    )
    return table


def paper_record() -> Table:
    """Return what is known, inferred and unknown about the paper."""
    return _prose_table(
        "paper_record",
        {"field": "What", "value": "Value", "status": "Status", "grounds": "Grounds"},
        "What is known about the paper",
        (),
    )


def bundled(name: str) -> Table:
    """Return a bundled table in full, every cell with the id to which numbers in the text link."""
    frame = data.load(name, as_text=True)
    label = data.resource(name)["title"]
    prose = frame.astype(str).map(len).max().max() > 24
    if name == "case_drivers":
        frame.insert(0, "row", range(1, len(frame) + 1))
    return Table(frame, label, source=name, stacked=prose)


def source(name: str) -> str:
    """Return source and licence of a bundled table in one phrase."""
    entry = data.resource(name)
    return f"{'; '.join(s['title'] for s in entry['sources'])}; {'; '.join(licence['name'] for licence in entry['licenses'])}"
