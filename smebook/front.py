"""What the front page shows in English and Korean: which paper, which edition."""

import html
import re

import yaml

from citablebook import data
from citablebook.paths import CITATION, makes_pages

_WORDS = {
    "en": {
        "paper": "The paper",
        "edition": "This edition",
        "licence": "Licence",
        "use": "Use it",
        "record": "KoreaScience record {}; its author and journal are not established",
        "version": "version {}, {}",
        "licences": "text and data {}, code MIT",
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
        "licences": "본문과 자료 {}, 코드 MIT",
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
        number = re.findall(r"JAKO\d+", record.at["title", "grounds"])[0]
        year = record.at["published", "value"][-4:]
        licence = edition["license"].replace("CC-BY-", "CC BY ")
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
            (words["licence"], f"{words['licences'].format(licence)}."),
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
