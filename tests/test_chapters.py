"""Chapters, claims, citations and bibliography agree; prose holds no typed number."""

import re

import pytest
import yaml

from citablebook import data, references
from citablebook.paths import CHAPTERS, ROOT

SECTION_OF = {
    "introduction": ["1"],
    "literature": ["2.1", "2.2", "2.3"],
    "cases": ["3.1"],
    "firm-size": ["3.2"],
    "conclusions": ["4"],
    "index": ["abstract"],
}
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(CHAPTERS.glob("*.md"))}
CLAIM = re.compile(r"\{claim\}`(C\d+)`")
CITED = re.compile(r"\{cite:[a-z]+\}`([^`]+)`")


def body(name: str) -> str:
    """The chapter without its header."""
    return SOURCES[name].split("---\n", 2)[2]


def prose(name: str) -> str:
    """What a reader reads: text and captions, without code, roles, links' targets and options."""
    text = body(name)
    captions = []

    def keep_caption(match: re.Match) -> str:
        captions.extend(re.findall(r"caption: \|\n((?:      .*\n)+)", match[0]))
        return ""

    text = re.sub(r"^```\{code-cell\}.*?^```$", keep_caption, text, flags=re.S | re.M)
    text = text + "\n".join(captions)
    text = re.sub(r"^```\{.*?^```$", "", text, flags=re.S | re.M)
    text = re.sub(r"^:::.*$|^:[a-z-]+:.*$|^\([^)\s]+\)=$|^\{[.#][^}]*\}$", "", text, flags=re.M)
    text = re.sub(r"(\{eval\}`[^`]*`) million\b", r"\1", text)  # the unit of a computed number
    text = re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)|\{[.#][^}]*\}", " ", text)
    return text


NAMES = [
    r"\b(1[89]|20)\d\d(s|[\u2013-]\d\d(\d\d)?)?\b",  # years, decades, periods
    r"\b[Ss]ections? \d(\.\d)*( to \d| and \d(\.\d)*)?",
    r"\b(Table|Route) \d+\b",
    r"\bpp?\. \d+([\u2013-]\d+)?",
    r"\bCC BY 4\.0\b",
    r"\b95% interval\b",
    r"\bin millions\b",
    r"^# Three denominators$",
    r"\bJupyter Book 1\.x\b",
]
WORDS = (
    r"\b(three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundreds?|thousands?|millions?|per ?cent|percent|dozens?)\b"
)


@pytest.mark.parametrize("name", SOURCES)
def test_no_number_is_typed_into_prose(name):
    text = prose(name)
    for pattern in NAMES:
        text = re.sub(pattern, " ", text, flags=re.M)
    spots = [
        match[0]
        for match in re.finditer(rf"[^\n]{{0,40}}(?:\d|{WORDS})[^\n]{{0,30}}", text, flags=re.I)
    ]
    assert not spots


def test_the_check_for_typed_numbers_can_fail(monkeypatch):
    monkeypatch.setitem(
        SOURCES, "sample", "---\na: 1\n---\nIn 1945 it made 18 percent of `4` in section 3.2.\n"
    )
    text = prose("sample")
    for pattern in NAMES:
        text = re.sub(pattern, " ", text)
    assert "18" in text and "1945" not in text and "3.2" not in text and "4" not in text


def test_every_claim_is_marked_once_and_in_its_section():
    claims = data.load("claims").set_index("id")
    marked = {}
    for name in SECTION_OF:
        for claim in CLAIM.findall(body(name)):
            assert claim not in marked, f"{claim} is marked twice"
            marked[claim] = name
            assert claims.at[claim, "section"] in SECTION_OF[name], f"{claim} stands in {name}"
    assert set(marked) == set(claims.index)


def test_claims_stand_under_the_heading_of_their_section():
    claims = data.load("claims").set_index("id")
    headings = [heading for heading in re.split(r"^## ", body("literature"), flags=re.M)[1:]]
    for number, text in zip(("2.1", "2.2", "2.3"), headings, strict=True):
        for claim in CLAIM.findall(text):
            assert claims.at[claim, "section"] == number, claim


def test_every_claim_is_followed_back_to_the_works_the_paper_cites_for_it():
    """At the paragraph; in the chapter, where the paper names the work only before."""
    claims = data.load("claims").set_index("id")
    for name in SECTION_OF:
        for paragraph in re.split(r"\n\s*\n", body(name)):
            for claim in CLAIM.findall(paragraph):
                where = paragraph if claims.at[claim, "attribution"] == "cited" else body(name)
                here = {key.strip() for keys in CITED.findall(where) for key in keys.split(",")}
                missing = set(filter(None, claims.at[claim, "works"].split(";"))) - here
                assert not missing, (
                    f"{name}: {claim} stands in a paragraph that does not cite {missing}"
                )


def test_the_paper_cites_52_works_and_all_are_in_the_bibliography():
    cited = {key for keys in data.load("claims")["works"] for key in keys.split(";") if key}
    assert len(cited) == 52
    assert cited == set(data.load("cited_works")["citekey"])
    assert cited == {key for key, work in references.works().items() if work.printed_as}


def test_every_entry_is_cited_and_every_citation_has_its_entry():
    cited = {
        key.strip()
        for text in SOURCES.values()
        for keys in CITED.findall(text)
        for key in keys.split(",")
    }
    assert cited == set(references.works())


def test_entries_are_complete():
    needed = {
        "article": ["author", "title", "journal", "year"],
        "book": ["title", "publisher", "year"],
        "incollection": ["author", "title", "booktitle", "publisher", "year"],
        "inproceedings": ["author", "title", "booktitle", "year"],
        "phdthesis": ["author", "title", "school", "year"],
        "misc": ["title", "year"],
        "techreport": ["title", "institution", "year"],
    }
    for key, entry in references.bibliography().entries.items():
        present = set(entry.fields) | set(entry.persons)
        assert set(needed[entry.type]) <= present, key
        assert entry.persons, key
        assert entry.fields["confidence"] in references.CONFIDENCE, key
        assert entry.fields.get("grounds"), f"{key} does not say what its confidence rests on"


def test_unresolved_works_assert_no_title():
    for key, work in references.works().items():
        if work.confidence == "unresolved" and key != "smba2019":
            assert work.title.startswith("[Title not established"), key


def test_section_numbers_follow_the_paper():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    first = toc["parts"][0]
    assert first["numbered"] is True
    assert [chapter["file"] for chapter in first["chapters"]] == [
        f"chapters/{n}" for n in ("introduction", "literature", "cases", "conclusions")
    ]
    assert first["chapters"][2]["sections"] == [{"file": "chapters/firm-size"}]
    assert len(re.findall(r"^## ", body("cases"), flags=re.M)) == 1  # 3.1; 3.2 is the next file


def test_chapters_open_as_notebooks():
    for name, text in SOURCES.items():
        header = yaml.safe_load(text.split("---\n", 2)[1])
        assert header["jupytext"]["text_representation"]["format_name"] == "myst", name
        assert header["kernelspec"]["name"] == "python3", name


def test_quotes_from_the_paper_are_short():
    """No run of words in quotation marks is longer than a few words."""
    for name in SOURCES:
        for quoted in re.findall(r"[\u201c\"]([^\u201d\"\n]{3,})[\u201d\"]", prose(name)):
            assert len(quoted.split()) <= 6, (name, quoted)
