"""The book says what the paper says: every sentence at its place, hedged, and none copied."""

import csv
import functools
import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from citablebook import data, references
from citablebook.paths import CHAPTERS, ROOT

#: Chapters that report the paper, in its order, with the sections that they hold.
PAPER = {
    "index": ["abstract"],
    "introduction": ["1"],
    "literature": ["2.1", "2.2", "2.3"],
    "cases": ["3.1"],
    "firm-size": ["3.2"],
    "conclusions": ["4"],
}
#: Sentences of the paper, counted by hand, quotations included.
SENTENCES = {"abstract": 6, "1": 11, "2.1": 12, "2.2": 12, "2.3": 6, "3.1": 43, "3.2": 17, "4": 28}
#: Digests of every run of so many words of the paper, in English and in Korean. The paper itself
#: is not ours to bundle; `fingerprints` made them from its text, with and without the citations
#: in brackets, and "-" before a line end joined.
FINGERPRINTS = json.loads((Path(__file__).parent / "paper_fingerprints.json").read_text())
#: The smallest words that carry a hedge or the force of a sentence, by paragraph.
FORCE = {
    "P-4": ["deemed one of", "relatively", "bias", "more appropriate", "significantly", "agglom"],
    "P-8": ["considered"],
    "P-9": ["relatively underplayed"],
    "P-10": ["almost all", "tended to", "only", "plausible"],
    "P-11": ["may help"],
    "P-17": ["a pioneer"],
    "P-18": ["often be patented, though not always", "the majority", "accomplished only"],
    "P-20": ["inevitably"],
    "P-23": ["generally"],
    "P-25": ["may be limited", "for example", "less known"],
    "P-27": ["mostly", "likely to", "clearly"],
    "P-28": ["meant to", "significantly", "often opens", "inevitably"],
    "P-32": ["Historical evidence", "clearly shown", "relatively", "massive"],
    "P-34": ["representative", "might be", "The paper further finds", "somewhat", "strongly"],
    "P-36": ["seemingly", "obsession", "only", "most"],
    "P-37": ["more in favour", "as far as possible"],
    "P-38": ["pivotal", "tended to", "directly and indirectly"],
    "P-42": ["considerable number", "prosperity"],
    "P-45": ["unbalanced structure of large firms and SMEs", "tended to"],
    "P-46": ["to some extent", "low-tech industry", "can be triggered"],
    "P-47": ["massively under pressure", "may otherwise"],
    "P-50": ["not known well enough", "plausible", "entirely different"],
    "P-53": ["inaccurate", "no strong causality"],
    "P-55": ["over "],
    "P-56": ["suggest", "steadily", "eventually", "in the number"],
    "P-66": ["quite old", "not engaged vigorously", "tend to", "some of the risks", "tended to"],
    "P-67": ["high potential risks", "inevitably"],
    "P-68": ["somewhat", "nobody can tell", "postulate"],
    "P-72": ["national and regional", "relatively"],
    "P-73": ["innovative activities of SMEs"],
    "P-74": ["it seems", "In some ways", "pivotal role"],
    "P-75": ["confirmed", "evidence"],
    "P-76": [
        "watertight",
        "not the firm's ability",
        "entirely different",
        "internal resources fully",
    ],
    "P-302": ["can be a key trigger", "exhaustively"],
    "P-77": ["a clue", "no clear correlation", "In some ways", "may be a more radical way"],
    "P-79": ["might", "sufficient proofs", "postulates"],
}


def words(text: str) -> list[str]:
    """Return the words of a text: lower case, hyphens and apostrophes dropped, no marks."""
    text = re.sub(r"-\s*\n\s*", "", text)
    return re.findall(r"[^\W_]+", re.sub("[-'\N{RIGHT SINGLE QUOTATION MARK}]", "", text.lower()))


def fingerprints(text: str, run: int) -> dict[str, str]:
    """Return the digest of every run of so many words, with the words."""
    listed = words(text)
    runs = (" ".join(listed[i : i + run]) for i in range(len(listed) - run + 1))
    return {hashlib.sha256(words.encode()).hexdigest()[:10]: words for words in runs}


def paragraphs(name: str) -> dict[str, tuple[str, str]]:
    """Return the paragraphs of a chapter with their voice, "paper" or "edition"."""
    text = (CHAPTERS / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"^```\{code-cell\}.*?^```$", "", text, flags=re.S | re.M)
    found: dict[str, tuple[str, str]] = {}
    depth, target, attributes = 0, "", ""  # depth of the edition's section, 0 outside one
    for block in re.split(r"\n\s*\n(?![^:]*\n:::$)", text):
        for line in block.split("\n"):
            if match := re.fullmatch(r"\((P-\d+)\)=", line):
                target = match[1]
            elif re.fullmatch(r"\{[.#][^}]*\}", line):
                attributes = line
            elif match := re.match(r"(#+) ", line):
                if not depth or len(match[1]) <= depth:
                    depth = len(match[1]) if ".edition" in attributes else 0
                attributes = ""
            elif target and line:
                boxed = line.startswith(":::{admonition}")
                voice = "edition" if depth or boxed else "paper"
                found[target] = (voice, block)
                target, attributes = "", ""
    return found


def in_print(text: str) -> str:
    """Return a source in the words of its page: works by their names, no signs and options."""
    labels = {key: work.label for key, work in references.works().items()}
    text = re.sub(
        r"\{cite:t\}`([^`]+)`", lambda m: " ".join(map(labels.get, m[1].split(","))), text
    )
    return re.sub(r"\{(cite:p|claim|eval|numref)\}`[^`]*`", "", text)


@pytest.fixture(scope="module")
def sentences() -> pd.DataFrame:
    frame = data.load("sentences")
    for column in ("paragraphs", "claims"):
        frame[column] = [tuple(filter(None, cell.split(";"))) for cell in frame[column]]
    return frame


@pytest.fixture(scope="module")
def standing() -> dict[str, dict[str, tuple[str, str]]]:
    return {name: paragraphs(name) for name in PAPER}


def test_no_sentence_of_the_paper_is_lost(sentences):
    for section, number in SENTENCES.items():
        found = list(sentences.loc[sentences["section"] == section, "number"])
        assert found == list(range(1, number + 1)), section
    assert list(sentences["section"].drop_duplicates()) == list(SENTENCES)
    assert list(sentences["sentence"]) == [
        f"{s.section}.{s.number}" for s in sentences.itertuples()
    ]
    assert sentences["paragraphs"].map(len).min() > 0


def test_every_sentence_has_its_paragraph_in_the_chapter_of_its_section(sentences, standing):
    chapter = {section: name for name, sections in PAPER.items() for section in sections}
    for row in sentences.itertuples():
        for paragraph in row.paragraphs:
            voice, text = standing[chapter[row.section]].get(paragraph, ("missing", ""))
            assert voice == "paper", f"sentence {row.sentence}: {paragraph} is {voice}"
        held = "".join(standing[chapter[row.section]][paragraph][1] for paragraph in row.paragraphs)
        for claim in row.claims:
            assert f"{{claim}}`{claim}`" in held, f"sentence {row.sentence}: {claim} is elsewhere"


def test_every_paragraph_of_the_paper_stands_for_a_sentence(sentences, standing):
    carried = {paragraph for row in sentences["paragraphs"] for paragraph in row}
    for name in set(PAPER) - {"index"}:
        speaking = {key for key, (voice, _) in standing[name].items() if voice == "paper"}
        assert speaking <= carried, f"{name}: {sorted(speaking - carried)} stand for no sentence"


def test_the_order_of_the_sentences_is_the_papers(sentences, standing):
    for name, sections in PAPER.items():
        order = list(standing[name])
        rows = sentences[sentences["section"].isin(sections)]
        places = [order.index(paragraph) for row in rows["paragraphs"] for paragraph in row]
        assert places == sorted(places), name


def test_every_claim_is_in_a_sentence_of_its_section(sentences):
    found = {(claim, row.section) for row in sentences.itertuples() for claim in row.claims}
    assert found == set(data.load("claims")[["id", "section"]].itertuples(index=False, name=None))


def test_hedges_and_force_are_kept(standing):
    said = {key: text for chapter in standing.values() for key, (_, text) in chapter.items()}
    for paragraph, wanted in FORCE.items():
        for phrase in wanted:
            assert phrase in said[paragraph], f"{paragraph} has lost '{phrase}'"


@functools.cache
def own_texts() -> dict[str, str]:
    """Return what this edition writes, by file; Table 1 holds the paper's figures by right."""
    files = [*CHAPTERS.glob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    texts = {path.name: in_print(path.read_text(encoding="utf-8")) for path in files}
    for entry in data.package()["resources"]:
        if entry["name"] == "innovation_share_by_size":
            continue
        with (ROOT / "data" / entry["path"]).open(encoding="utf-8", newline="") as file:
            texts[entry["path"]] = "\n|\n".join(" ".join(row) for row in csv.reader(file))
    return texts


def copied(text: str) -> list[str]:
    """Return the runs of words that stand in the paper too."""
    runs = []
    for kind in ("english", "korean"):
        known = set(FINGERPRINTS[kind]["digests"])
        found = fingerprints(text, FINGERPRINTS[kind]["run"])
        runs += [words for digest, words in found.items() if digest in known]
    return runs


@pytest.mark.parametrize("name", own_texts())
def test_no_run_of_the_papers_words_stands_in_the_book(name):
    assert copied(own_texts()[name]) == []


def test_a_copied_run_would_be_found(monkeypatch):
    line = "one two three four five six seven eight nine ten eleven twelve"
    known = {"run": 12, "digests": list(fingerprints(line, 12))}
    monkeypatch.setitem(FINGERPRINTS, "english", known)
    assert (
        copied(f"Before. One, two three-\nfour {line[19:]}, after") == []
    )  # "threefour" is a word
    assert copied(f"Before, {line.title().replace(' ', ', ')} and after.") == [line]


def test_the_fingerprints_are_those_of_a_whole_paper():
    assert len(set(FINGERPRINTS["english"]["digests"])) > 4000
    assert len(set(FINGERPRINTS["korean"]["digests"])) > 40


def test_claims_keep_their_numbers():
    claims, stated = data.load("claims").set_index("id"), data.load("stated_numbers")
    named = claims.loc[claims["stated_number"] != "", "stated_number"]
    assert sorted(named) == sorted(stated["id"])
    spelled = {3: "three", 50: "half"}
    for row in stated.itertuples():
        assert claims.at[row.claim, "stated_number"] == row.id
        shown = (f"{row.value:,.0f}", spelled.get(row.value, "never"))
        assert any(text in claims.at[row.claim, "claim"] for text in shown), row.id


def test_restatements_name_other_claims():
    claims = data.load("claims").set_index("id")
    restated = {
        row.Index: set(filter(None, row.restates.split(";"))) for row in claims.itertuples()
    }
    for row in claims.itertuples():
        partly = set(filter(None, row.restates_in_part.split(";")))
        assert restated[row.Index] | partly <= set(claims.index) - {row.Index}, row.Index
        assert not any(row.Index in restated[other] for other in restated[row.Index]), row.Index
        assert not (restated[row.Index] and partly), row.Index
        assert bool(partly) == bool(row.adds), f"{row.Index}: what does it add?"


def test_attributions_fit_the_works():
    claims = data.load("claims").set_index("id")
    for row in claims.itertuples():
        assert bool(row.works) == bool(row.attribution), row.Index
        if row.covered_by:
            assert not row.works and claims.at[row.covered_by, "works"], row.Index
            assert claims.at[row.covered_by, "section"] == row.section


def test_cases_and_turns_of_policy_rest_on_what_the_paper_cites():
    claims = data.load("claims").set_index("id")
    cases = data.load("cases").set_index("id")
    cited = {key for works in claims["works"] for key in works.split(";")}
    for row in cases.itertuples():
        assert set(filter(None, row.works.split(";"))) <= cited, row.Index
    assert cases.at["europe", "works"] == ""  # the paper cites nothing for Europe's turn
    assert set(cases.loc[data.load("case_drivers")["case"], "type"]) == {"innovation"}
    for row in data.load("policy_events").itertuples():
        assert row.works == claims.at[row.claim, "works"], row.id
