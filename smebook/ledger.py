"""How the judgements are shown: claims ledger, verdict and front page, in English and Korean.

Nothing here judges. Every view takes its words from `smebook.judgement`, so that no two
of them can differ.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import yaml

from citablebook import data, references
from citablebook.paths import CITATION, REFERENCES_PAGE, makes_pages
from citablebook.tables import Evidence, Table
from smebook.judgement import OUTCOMES, Ground, Judgement, of, statuses, tallies
from smebook.views import View

#: Groups of statuses in the order in which a reader wants the conclusions.
GROUPS = ("for", "part", "against", "open")
_STRENGTHS_KO = {"strong": "높음", "moderate": "보통", "weak": "낮음"}


def byline(language: str = "en") -> View:
    """Return which paper this is the edition of, and which edition, in "en" or "ko"."""
    record = data.load("paper_record").set_index("field")
    return View(
        "byline",
        language=language,
        record=record,
        number=re.findall(r"JAKO\d+", record.at["title", "grounds"])[0],
        edition=yaml.safe_load(CITATION.read_text(encoding="utf-8")),
    )


def section_name(section: str) -> str:
    """Return how a reader calls a section of the paper."""
    return f"section {section}" if section[0].isdigit() else section


def of_section(section: str, found: Sequence[Judgement]) -> View | Table:
    """Return the claims of a section with their judgements, on a page with an address each.

    Parameters
    ----------
    section : str
        Section of the paper, as in `data/claims.csv`.
    found : sequence of Judgement
        Judgements of claims, those of other sections among them.
    """
    own, name = [one for one in found if one.section == section], section_name(section)
    if makes_pages():
        return View(
            "section",
            name=name,
            judgements=own,
            names=statuses()["status"],
            told=OUTCOMES,
            works=references.works(),
            references=REFERENCES_PAGE,
        )
    rows = [(one.claim, one.sign_and_label, one.strength, one.says, one.reason) for one in own]
    columns = ["No.", "Judgement", "Strength", "Claim", "Grounds"]
    return Table(pd.DataFrame(rows, columns=columns), f"Claims of {name}", stacked=True)


def _counted() -> list[tuple[str, pd.Series]]:
    """Return the statuses with the number of claims that have each."""
    return list(statuses().join(tallies()).astype({"claims": object}).iterrows())


def filter_form() -> View:
    """Return the form that filters the ledger, and the links to its files."""
    sections = data.load("claims")["section"].unique()
    return View(
        "filter", statuses=_counted(), sections={name: section_name(name) for name in sections}
    )


def squares(language: str = "en") -> View:
    """Return a square for each claim, by judgement, in "en" or "ko"."""
    return View("squares", statuses=_counted(), korean=language == "ko")


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

    @property
    def place(self) -> int:
        """The place of its group among `GROUPS`."""
        return GROUPS.index(self.judgement.group)

    def grounds(self) -> list[Ground]:
        """Return what the judgement rests on: tests, where one decides, else all there is."""
        grounds, shares = self.judgement.grounds, self.judgement.shares
        tests = [ground for ground in grounds if ground.kind == "test"]
        if shares != "undecided" and all(ground.outcome == "undecided" for ground in tests):
            return list(grounds)
        if shares != "part" or any(ground.outcome == "supports" for ground in tests):
            return tests
        agreeing = ("supports", "supports a part")
        return [*tests, *(g for g in grounds if g.kind == "work" and g.outcome in agreeing)]

    def found(self) -> str:
        """Return what was found, in one line for each ground."""
        lines = [
            f"{ground.sign} {ground.brief or ground.text.rstrip('.')}"
            for ground in self.grounds()
            if ground.outcome != "not compared"
        ]
        return "; ".join(lines or [f"It would take {self.judgement.would_change}"]) + "."

    def found_korean(self) -> str:
        """Return what was found in Korean; other studies by author and year."""
        lines = []
        for ground in self.grounds():
            if ground.korean:
                lines.append(f"{ground.sign} {ground.korean}")
            elif ground.kind != "test" and ground.sign != "?":
                kind = "다른 연구" if ground.kind == "study" else "인용 문헌"
                lines.append(f"{ground.sign} {kind}: {ground.label}.")
        return " ".join(lines) or "이를 판단할 자료가 없다(영문 판정 목록 참조)."


def conclusions() -> list[Conclusion]:
    """Return the main conclusions, those that hold first."""
    rows = data.load("main_conclusions")[["claim", "conclusion", "conclusion_ko"]]
    found = [Conclusion(of(claim), *texts) for claim, *texts in rows.itertuples(index=False)]
    return sorted(found, key=lambda conclusion: conclusion.place)


def verdict(language: str = "en") -> Table:
    """Return the main conclusions with judgement and grounds, in "en" or "ko"."""
    korean = language == "ko"
    names = statuses()["status_ko" if korean else "status"]
    rows = []
    for conclusion in conclusions():
        judgement = conclusion.judgement
        strength = judgement.strength or "\N{EN DASH}"
        links = tuple(dict.fromkeys((g.link, g.link_text) for g in conclusion.grounds()))
        rows.append(
            (
                Evidence(conclusion.korean if korean else conclusion.text, (judgement.entry,)),
                f"{judgement.sign} {names[judgement.shares]}",
                _STRENGTHS_KO.get(strength, strength) if korean else strength,
                Evidence(conclusion.found_korean())
                if korean
                else Evidence(conclusion.found(), links),
            )
        )
    if korean:
        label = "논문의 주요 결론에 대한 판정"
        heads = ["논문의 결론", "판정", "확실성", "근거"]
    else:
        label = "Verdict on the paper's conclusions"
        heads = ["The paper concludes", "Judgement", "Strength", "What was found"]
    table = pd.DataFrame(rows, columns=heads)
    return Table(table, label, stacked=True, language="ko" if korean else "")


def summary(language: str = "en") -> View:
    """Return the main conclusions in plain sentences, by whether they hold, in "en" or "ko"."""
    korean = language == "ko"
    names = statuses()["status_ko" if korean else "status"]
    return View("summary", conclusions=conclusions(), names=names, korean=korean)
