"""What the front page shows in English and Korean: paper, edition and main chart."""

import html
import re

import altair as alt
import pandas as pd
import yaml

from citablebook import data
from citablebook.paths import CITATION, makes_pages
from smebook.claim_tests.denominators import country_rates, innovation_rates
from smebook.theme import COLOUR

_WORDS = {
    "en": {
        "paper": "The paper",
        "edition": "This edition",
        "licence": "Licence",
        "use": "Use it",
        "record": "KoreaScience record {}; its author and journal are not established",
        "version": "version {}, {}",
        "licences": "text and data {}, code {}",
        "cite": "Cite",
        "rerun": "PDF, notebooks and how to build the book",
        "language": "한국어 요약",
    },
    "ko": {
        "paper": "원 논문",
        "edition": "이 판",
        "licence": "이용 허락",
        "use": "이용",
        "record": "KoreaScience 기록 {}, 저자와 학술지는 확인되지 않음",
        "version": "{}판, {}",
        "licences": "본문과 자료 {}, 코드 {}",
        "cite": "인용 방법",
        "rerun": "PDF, 노트북, 다시 만드는 방법",
        "language": "English",
    },
}


class Byline:
    """Which paper this is the edition of, and which edition: title, year, record, version, licence.

    Parameters
    ----------
    language : str
        "en" or "ko".
    """

    def __init__(self, language: str = "en"):
        self.language = language

    def _entries(self) -> list[tuple[str, str]]:
        """Return the entries as pairs of a term and its description in HTML."""
        words = _WORDS[self.language]
        record = data.load("paper_record").set_index("field")
        edition = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
        number = re.search(r"JAKO\d+", record.at["title", "grounds"])[0]
        year = record.at["published", "value"][-4:]
        text, code = (name.replace("CC-BY-", "CC BY ") for name in edition["license"])
        other = "korean-summary.html" if self.language == "en" else "index.html"
        other_lang = "ko" if self.language == "en" else "en"
        return [
            (
                words["paper"],
                f"<cite>{html.escape(record.at['title', 'value'])}</cite> "
                f'(<cite lang="ko">{html.escape(record.at["Korean title", "value"])}</cite>), '
                f"{year}. {words['record'].format(number)}.",
            ),
            (
                words["edition"],
                f"<cite>{html.escape(edition['title'])}</cite>, "
                f"{words['version'].format(edition['version'], edition['date-released'])}. "
                f"{html.escape(edition['authors'][0]['name'])}.",
            ),
            (words["licence"], f"{words['licences'].format(text, code)}."),
            (
                words["use"],
                f'<a href="how-to-cite.html">{words["cite"]}</a>; '
                f'<a href="re-run.html">{words["rerun"]}</a>; '
                f'<a href="{other}" lang="{other_lang}">{words["language"]}</a>.',
            ),
        ]

    def _repr_html_(self) -> str:
        lang = ' lang="ko"' if self.language == "ko" else ""
        entries = "".join(
            f"<dt>{term}</dt><dd>{text}</dd>"
            for term, text in (self._entries() if makes_pages() else self._entries()[:3])
        )
        return f'<dl class="byline"{lang}>{entries}</dl>'

    def _repr_markdown_(self) -> str:
        plain = (
            (term, re.sub(r"<[^>]*>", "", html.unescape(text))) for term, text in self._entries()
        )
        return "\n\n".join(f"**{term}.** {text}" for term, text in plain)

    def __repr__(self) -> str:
        return self._repr_markdown_()


_COUNTRIES_KO = {"US": "미국", "UK": "영국", "EU": "유럽연합", "Italy": "이탈리아"}


def likelihood() -> pd.DataFrame:
    """Return the share of small and of large firms that innovate, latest survey of each country.

    Returns
    -------
    pandas.DataFrame
        Columns `country`, `period`, `small` and `large`, in per cent: the smallest and the
        largest class of each survey, which begin at different numbers of employees. For
        the US, where the figures of the largest classes are flagged as unreliable, the
        class of 500 to 999 employees stands for large firms.
    """
    surveys = country_rates().reset_index()
    surveys = surveys[surveys["period"].str.match(r"\d")]  # one report states no years
    active = surveys["measure"].eq("innovation active")  # the wider measure, where there are two
    latest = surveys.assign(active=active).sort_values(["period", "active"])
    latest = latest.groupby("country", sort=False).last()
    rates = innovation_rates().iloc[:, -1]
    us = pd.DataFrame(
        {"period": rates.name, "small": rates["1-4"], "large": rates["500-999"]},
        index=pd.Index(["US"], name="country"),
    )
    both = pd.concat([latest[["period", "small", "large"]], us]).reset_index()
    return both.sort_values("large", ascending=False, ignore_index=True)


def likelihood_chart(language: str = "en") -> alt.LayerChart:
    """Draw the share of small and of large firms that innovate, country by country.

    Parameters
    ----------
    language : str
        "en" or "ko".
    """
    korean, rates = language == "ko", likelihood()
    country = rates["country"].map(_COUNTRIES_KO) if korean else rates["country"]
    rates["row"] = (country + " " + rates["period"]).str.replace("-", "\N{EN DASH}")
    everywhere = (rates["large"] > rates["small"]).all()
    names = ("작은 기업", "큰 기업") if korean else ("small firms", "large firms")
    title = (
        (
            "조사한 모든 곳에서 큰 기업이 더 자주 혁신한다"
            if korean
            else "Wherever it was surveyed, large firms innovate more often than small ones"
        )
        if everywhere
        else (
            "혁신 빈도의 규모별 차이는 나라마다 다르다"
            if korean
            else "Whether large firms innovate more often differs from country to country"
        )
    )
    told = "; ".join(f"{row.row} {row.small:.0f}%, {row.large:.0f}%" for row in rates.itertuples())
    description = (
        f"혁신하는 기업의 비율, 작은 기업과 큰 기업: {told}."
        if korean
        else f"Share of firms that innovate, small and large: {told}."
    )
    order = list(rates["row"])
    y = alt.Y("row:N", sort=order, title=None)
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 25, 50, 75, 100], labelExpr="datum.value + '%'")
    x_title = "혁신하는 기업의 비율" if korean else "share of firms that innovate"
    line = (
        alt.Chart(rates)
        .mark_rule(strokeWidth=3, color=COLOUR["rule"])
        .encode(y=y, x=alt.X("small:Q", scale=scale, axis=axis, title=x_title), x2="large:Q")
    )
    layers = [line]
    ends = (("small", "focus", "right", -10), ("large", "blue", "left", 10))
    for (field, colour, align, dx), name in zip(ends, names, strict=True):
        point = alt.Chart(rates).encode(y=y, x=alt.X(f"{field}:Q", scale=scale))
        layers.append(point.mark_circle(size=110, opacity=1, color=COLOUR[colour]))
        layers.append(
            point.transform_calculate(
                label=f"format(datum.{field}, '.0f') + '%'"
                f" + (datum.row === {order[0]!r} && width > 300 ? ' {name}' : '')"
            )
            .mark_text(align=align, dx=dx, color=COLOUR[colour])
            .encode(text="label:N")
        )
    return alt.layer(*layers).properties(
        width=680, height=alt.Step(36), title=title, description=description
    )
