"""How the judgements are shown: claims ledger, verdict and front page, in English and Korean.

Nothing here judges. Every view takes its words from `smebook.judgement`, so that no two
of them can differ.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from citablebook import data, references
from citablebook.paths import REFERENCES_PAGE, makes_pages
from citablebook.tables import Evidence, Table
from smebook.judgement import (
    OUTCOMES,
    SIGNS,
    Ground,
    Judgement,
    frame,
    judgements,
    of,
    statuses,
    tallies,
)

__all__ = ["FilterForm", "Ledger", "Squares", "Summary", "frame", "status_table", "verdict"]

#: The page of the ledger, from a chapter.
LEDGER_PAGE = "ledger.html"
_SIGNS = {
    "supports": "+",
    "supports a part": "\N{PLUS-MINUS SIGN}",
    "says otherwise": "\N{MINUS SIGN}",
    "against": "\N{MINUS SIGN}",
}
_IN_PART = ("supports", "supports a part")
#: Groups of statuses in the order in which a reader wants them, with headings.
GROUPS = {
    "for": (
        "What holds, or another study supports",
        "성립하거나 다른 연구가 뒷받침하는 것",
    ),
    "part": ("What holds in part", "일부만 성립하는 것"),
    "against": (
        "What does not hold, or another study disputes",
        "성립하지 않거나 다른 연구와 상충하는 것",
    ),
    "open": ("What cannot be known here", "여기서는 알 수 없는 것"),
}
_STRENGTHS_KO = {"strong": "높음", "moderate": "보통", "weak": "낮음", "": ""}


def section_name(section: str) -> str:
    """Return how a reader calls a section of the paper."""
    return f"section {section}" if section[0].isdigit() else section


def sections() -> list[str]:
    """Return the sections of the paper that make claims, in its order."""
    return list(dict.fromkeys(judgement.section for judgement in judgements()))


def _link(address: str, words: str) -> str:
    return f'<a href="{html.escape(address)}">{html.escape(words)}</a>'


def _where(ground: Ground) -> tuple[str, str]:
    if ground.kind == "work":
        return ground.link, "comparison"
    return ground.link, "computation" if ground.basis == "computed" else "source"


def _ground_html(ground: Ground) -> str:
    sign = _SIGNS.get(ground.outcome, "?")
    part = f" <i>{html.escape(ground.part)}:</i>" if ground.part else ""
    said = {"test": OUTCOMES.get(ground.outcome, ""), "study": "Another study", "work": ""}
    lead = f"<b>{said[ground.kind]}.</b> " if said[ground.kind] else ""
    text = html.escape(" ".join(filter(None, [ground.text, ground.reason])))
    return (
        f'<li class="{ground.kind}"><span class="sign" aria-hidden="true">{sign}</span> '
        f"{lead}{part} {text} ({_link(*_where(ground))})</li>"
    )


@dataclass(frozen=True)
class Ledger:
    """Claims of a section of the paper with their judgements, a row and an address each.

    Attributes
    ----------
    section : str
        Section of the paper, as in `data/claims.csv`.
    found : sequence of Judgement
        Judgements of claims, those of other sections among them.
    """

    section: str
    found: Sequence[Judgement]

    def _judgements(self) -> list[Judgement]:
        return [judgement for judgement in self.found if judgement.section == self.section]

    def _row(self, judgement: Judgement) -> str:
        c = judgement.claim
        works = "; ".join(
            _link(f"{REFERENCES_PAGE}#ref-{key}", references.works()[key].label)
            for key in judgement.works
        )
        restated = ""
        if judgement.status == "restates":
            of_which = " and ".join(_link(f"#ledger-{r}", r) for r in judgement.restates)
            names = statuses()["status"]
            restated = f" of {of_which}: {html.escape(names[judgement.shares])}"
        strength = f"<small>{judgement.strength}</small>" if judgement.strength else ""
        grounds = "".join(map(_ground_html, judgement.grounds))
        if judgement.exceeds:
            others = " and ".join(_link(f"#ledger-{r}", r) for r in judgement.exceeds)
            grounds = f"<li>It goes beyond {others}: {html.escape(judgement.adds)}.</li>{grounds}"
        grounds = f"<ul>{grounds}</ul>" if grounds else f"<p>{html.escape(judgement.reason)}</p>"
        change = (
            f"<p><b>Would change it:</b> {html.escape(judgement.would_change)}.</p>"
            if judgement.would_change
            else ""
        )
        return (
            f'<tr role="row" id="ledger-{c}" data-status="{judgement.status}"'
            f' data-group="{judgement.group}" data-section="{judgement.section}">'
            f'<th role="rowheader" scope="row">'
            f'<a href="../id/{c}.html" aria-label="{c} in its place">{c}</a></th>'
            f'<td role="cell" data-label="Judgement">'
            f'<b class="status {judgement.group}"><span class="sign" aria-hidden="true">'
            f"{judgement.sign}</span> {html.escape(judgement.label)}{restated}</b> {strength}</td>"
            f'<td role="cell" data-label="Claim">{html.escape(judgement.says)} '
            f'<span class="address">{works or "no work cited"} '
            f'<a class="cite" href="../cite/{c}.html" data-cite="{c}" aria-label="Cite {c}">Cite'
            f"</a></span></td>"
            f'<td role="cell" data-label="Grounds">{grounds}{change}</td></tr>'
        )

    def _table(self) -> Table:
        rows = [
            {
                "No.": judgement.claim,
                "Judgement": f"{judgement.sign} {judgement.label}",
                "Strength": judgement.strength,
                "Claim": judgement.says,
                "Grounds": judgement.reason,
            }
            for judgement in self._judgements()
        ]
        return Table(pd.DataFrame(rows), f"Claims of {section_name(self.section)}", stacked=True)

    def _repr_html_(self) -> str:
        if not makes_pages():
            return self._table()._repr_html_()
        heads = "".join(
            f'<th role="columnheader" scope="col">{name}</th>'
            for name in ("No.", "Judgement", "Claim", "Grounds")
        )
        rows = "".join(map(self._row, self._judgements()))
        label = f"Claims of {section_name(self.section)}"
        return (
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="{label}">'
            f'<table class="book-table stacked ledger" role="table"><thead role="rowgroup">'
            f'<tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody>'
            "</table></div>"
        )

    def _repr_markdown_(self) -> str:
        return self._table()._repr_markdown_()

    def __repr__(self) -> str:
        return repr(self._table())


class FilterForm:
    """The form that filters the ledger, and its files; nothing outside the book's pages."""

    def _repr_html_(self) -> str:
        if not makes_pages():
            return ""
        counted = tallies()
        names = statuses()["status"]
        options = "".join(
            f'<option value="{status}">{html.escape(names[status])} ({number})</option>'
            for status, number in counted.items()
            if number
        )
        places = "".join(f'<option value="{s}">{section_name(s)}</option>' for s in sections())
        return (
            '<form class="ledger-filter" role="search" aria-label="Filter the claims" hidden>'
            '<label>Find <input type="search" name="q" autocomplete="off"></label>'
            f'<label>Judgement <select name="status"><option value="">any</option>{options}'
            "</select></label>"
            f'<label>Section <select name="section"><option value="">any</option>{places}'
            "</select></label> <output></output></form>"
            '<p class="ledger-files">Download all judgements: '
            '<a href="../_static/ledger.csv" download="ledger.csv">CSV</a>, '
            '<a href="../_static/ledger.json" download="ledger.json">JSON</a></p>'
        )

    def __repr__(self) -> str:
        return ""


def status_table() -> Table:
    """Return what the statuses mean, and how many claims have each."""
    counted, rows = tallies(), []
    for status, row in statuses().iterrows():
        if not counted[status]:
            continue
        link = ((f"{LEDGER_PAGE}?status={status}", "list"),)
        rows.append(
            (
                f"{SIGNS[row['group']]} {row['status']}",
                counted[status],
                Evidence(row["meaning"], link),
            )
        )
    return Table(
        pd.DataFrame(rows, columns=["Judgement", "Claims", "When a claim is given it"]),
        "What can become of a claim, and how often it did",
    )


# -- the main conclusions -----------------------------------------------------------------


@dataclass(frozen=True)
class Conclusion:
    """A main conclusion of the paper with its judgement.

    Attributes
    ----------
    judgement : Judgement
        That of the claim.
    text, korean : str
        The conclusion in a sentence, in English and Korean.
    """

    judgement: Judgement
    text: str
    korean: str

    def grounds(self) -> list[Ground]:
        """Return what the judgement rests on: tests, where one decides, else all there is."""
        tests = [ground for ground in self.judgement.grounds if ground.kind == "test"]
        decided = any(ground.outcome != "undecided" for ground in tests)
        if decided or self.judgement.shares == "undecided":
            speaks = any(ground.outcome == "supports" for ground in tests)
            works = [
                g for g in self.judgement.grounds if g.outcome in _IN_PART and g.kind == "work"
            ]
            return tests if speaks or self.judgement.shares != "part" else [*tests, *works]
        return list(self.judgement.grounds)

    def found(self) -> str:
        """Return what was found, in one line for each ground."""
        lines = [
            f"{_SIGNS.get(ground.outcome, '?')} {ground.brief or ground.text.rstrip('.')}"
            for ground in self.grounds()
            if not (ground.kind == "work" and ground.outcome == "not compared")
        ]
        if not lines:
            lines = [f"It would take {self.judgement.would_change}"]
        return "; ".join(lines) + "."

    def found_korean(self) -> str:
        """Return what was found in Korean; other studies by author and year."""
        lines = []
        for ground in self.grounds():
            if ground.korean:
                lines.append(f"{_SIGNS.get(ground.outcome, '?')} {ground.korean}")
            elif ground.kind == "study" and ground.outcome != "undecided":
                lines.append(f"{_SIGNS[ground.outcome]} 다른 연구: {ground.label}.")
            elif ground.kind == "work" and ground.outcome in _SIGNS:
                lines.append(f"{_SIGNS[ground.outcome]} 인용 문헌: {ground.label}.")
        return " ".join(lines) or "이를 판단할 자료가 없다(영문 판정 목록 참조)."


def conclusions() -> list[Conclusion]:
    """Return the main conclusions, those that hold first."""
    found = [
        Conclusion(of(row["claim"]), row["conclusion"], row["conclusion_ko"])
        for row in data.load("main_conclusions").to_dict("records")
    ]
    order = list(GROUPS)
    return sorted(found, key=lambda conclusion: order.index(conclusion.judgement.group))


def verdict(language: str = "en") -> Table:
    """Return the main conclusions with judgement and grounds.

    Parameters
    ----------
    language : str
        "en" or "ko".
    """
    korean = language == "ko"
    rows = []
    for conclusion in conclusions():
        judgement = conclusion.judgement
        name = statuses().at[judgement.shares, "status_ko" if korean else "status"]
        strength = _STRENGTHS_KO[judgement.strength] if korean else judgement.strength
        link = ((f"{LEDGER_PAGE}#ledger-{judgement.claim}", judgement.claim),)
        links = tuple(dict.fromkeys(_where(ground) for ground in conclusion.grounds()))
        text = conclusion.korean if korean else conclusion.text
        found = conclusion.found_korean() if korean else conclusion.found()
        rows.append(
            (
                Evidence(text, link),
                f"{judgement.sign} {name}",
                strength or "\N{EN DASH}",
                Evidence(found, () if korean else links),
            )
        )
    heads = (
        ["논문의 결론", "판정", "확실성", "근거"]
        if korean
        else ["The paper concludes", "Judgement", "Strength", "What was found"]
    )
    korean_label = "논문의 주요 결론에 대한 판정"
    label = korean_label if korean else "Verdict on the paper's conclusions"
    return Table(pd.DataFrame(rows, columns=heads), label, stacked=True)


@dataclass(frozen=True)
class Summary:
    """The verdict in plain sentences: what holds, what does not, what cannot be known.

    Attributes
    ----------
    language : str
        "en" or "ko".
    """

    language: str = "en"

    def _groups(self) -> list[tuple[str, list[Conclusion]]]:
        place = ("en", "ko").index(self.language)
        listed = conclusions()
        groups = [
            (names[place], [c for c in listed if c.judgement.group == group])
            for group, names in GROUPS.items()
        ]
        return [(name, members) for name, members in groups if members]

    def _line(self, conclusion: Conclusion) -> str:
        text = conclusion.korean if self.language == "ko" else conclusion.text
        judgement = conclusion.judgement
        claim = _link(f"{LEDGER_PAGE}#ledger-{judgement.claim}", judgement.claim)
        if judgement.shares in ("backed", "disputed"):  # by less than what is computed here
            name = "status_ko" if self.language == "ko" else "status"
            claim = f"{html.escape(statuses().at[judgement.shares, name])}, {claim}"
        return (
            f'<li class="{judgement.group}"><span class="sign" aria-hidden="true">'
            f"{judgement.sign}</span> {html.escape(text)} <small>{claim}</small></li>"
        )

    def _repr_html_(self) -> str:
        lang = ' lang="ko"' if self.language == "ko" else ""
        body = "".join(
            f"<dt>{name}</dt><dd><ul>{''.join(map(self._line, members))}</ul></dd>"
            for name, members in self._groups()
        )
        return f'<dl class="verdict-summary"{lang}>{body}</dl>'

    def _repr_markdown_(self) -> str:
        korean = self.language == "ko"
        return "\n\n".join(
            f"**{name}.** " + " ".join(c.korean if korean else c.text for c in members)
            for name, members in self._groups()
        )

    def __repr__(self) -> str:
        return self._repr_markdown_()


@dataclass(frozen=True)
class Squares:
    """A square for each claim, by judgement; each row opens the ledger filtered by it.

    Attributes
    ----------
    language : str
        "en" or "ko".
    """

    language: str = "en"

    def _rows(self) -> list[tuple[str, str, str, int]]:
        counted = tallies()
        name = "status_ko" if self.language == "ko" else "status"
        return [
            (status, row["group"], row[name], int(counted[status]))
            for status, row in statuses().iterrows()
            if counted[status]
        ]

    def _repr_html_(self) -> str:
        lang = ' lang="ko"' if self.language == "ko" else ""
        rows = "".join(
            f'<li class="{group}"><a href="{LEDGER_PAGE}?status={status}">'
            f'<b>{number}</b> {html.escape(name)} <span class="squares" aria-hidden="true">'
            f"{chr(0x25A0) * number}</span></a></li>"
            for status, group, name, number in self._rows()
        )
        return f'<ul class="claim-squares"{lang}>{rows}</ul>'

    def _repr_markdown_(self) -> str:
        return "; ".join(f"{name}: {number}" for *_, name, number in self._rows())

    def __repr__(self) -> str:
        return self._repr_markdown_()
