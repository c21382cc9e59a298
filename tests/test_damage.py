"""Damage beside that of the data (test_data.py): each kind gets one clear message, and the last good book stays.

One copy of the repository is built with values that look malicious, and must be good;
then it is damaged in many places at once and built again.
"""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import copied

from citablebook import references
from citablebook.errors import BibliographyError
from citablebook.paths import REFERENCES


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer has {old!r}: adapt the test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# The bibliography

BIBLIOGRAPHY = {
    "broken entry": (
        lambda text: text + "\n@article{half,\n  author = {A, B",
        "references.bib: syntax error in line",
    ),
    "duplicate key": (
        lambda text: text + re.search(r"@\w+\{rothwell1989,.*?\n\}\n", text, flags=re.S)[0],
        "rothwell1989",
    ),
    "missing title": (
        lambda text: re.sub(
            r"(@\w+\{rothwell1989,.*?)\n *title *=[^\n]*", r"\1", text, count=1, flags=re.S
        ),
        "entry rothwell1989: the field title is missing",
    ),
    "missing authors": (
        lambda text: re.sub(
            r"(@\w+\{rothwell1989,.*?)\n *author *=[^\n]*", r"\1", text, count=1, flags=re.S
        ),
        "entry rothwell1989: the field author or editor is missing",
    ),
    "unknown confidence": (
        lambda text: text.replace("confidence = {verified}", "confidence = {sure}", 1),
        "'sure' is no degree of confidence: use one of",
    ),
}


@pytest.mark.parametrize("kind", BIBLIOGRAPHY)
def test_a_damaged_bibliography_is_refused(kind, tmp_path):
    damage, expected = BIBLIOGRAPHY[kind]
    path = tmp_path / "references.bib"
    sound = REFERENCES.read_text(encoding="utf-8")
    path.write_text(damage(sound), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != sound
    with pytest.raises(BibliographyError) as caught:
        references.works(path)
    assert expected in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_bibliography_is_named(tmp_path):
    with pytest.raises(BibliographyError, match="references.bib is missing: restore it"):
        references.works(tmp_path / "references.bib")


# A real build

SCRIPT, PICTURE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
)


def digest(folder: Path) -> str:
    return hashlib.sha256(
        b"".join(
            str(path).encode() + path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
    ).hexdigest()


@pytest.fixture(scope="module")
def malicious(tmp_path_factory):
    """A good book of a copy with values that look malicious."""
    folder = copied(tmp_path_factory.mktemp("copy"))
    edit(
        folder / "data" / "claims.csv",
        "Research on the subject is thin",
        f"{SCRIPT} **bold** $x$ {{eval}}`table1` Research on the subject is thin",
    )
    text = (folder / "references.bib").read_text(encoding="utf-8")
    title = re.search(r"@\w+\{rothwell1989,.*?title *= *\{+", text, flags=re.S)[0]
    (folder / "references.bib").write_text(
        text.replace(title, title + PICTURE + " ", 1), encoding="utf-8"
    )
    run = subprocess.run(
        [sys.executable, "-m", "citablebook", "build"], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return folder


@pytest.mark.xdist_group("damage")
def test_malicious_values_are_shown_as_text(malicious, browser):
    html = malicious / "_build" / "html"
    page = browser.new_context().new_page()
    seen = ""
    for place in [
        *sorted((html / "chapters").glob("*.html")),
        html / "cite" / "C2.html",
        html / "cite" / "work-rothwell1989.html",
        html / "cite" / "C8.html",
    ]:
        if place.exists():
            page.goto(place.as_uri())
            page.wait_for_timeout(200)
            assert page.title() != "taken", place.name
            seen += page.locator("body").inner_text()
    page.goto((html / "chapters" / "ledger.html").as_uri())
    for name in ("C2", "C8"):
        page.locator(f'a.cite[data-cite="{name}"]').click()
        page.locator("dialog.cite-panel").wait_for()
        page.wait_for_timeout(200)
        page.keyboard.press("Escape")
    assert page.title() != "taken"
    page.context.close()
    assert SCRIPT in seen and "**bold** $x$ {eval}" in seen and PICTURE in seen


CHANGES = {
    "a sentence": (
        "chapters/conclusions.md",
        "Two steps",
        "Two of the steps",
        "chapters/conclusions.html",
        "Two of the steps",
    ),
    "a style rule": (
        "packages/citablebook/src/citablebook/static/book.css",
        "2.1rem",
        "2.19rem",
        "_static/book.css",
        "2.19rem",
    ),
    "a setting": (
        "_config.yml",
        "html_title: SME innovation and the economy",
        "html_title: Another title",
        "chapters/cases.html",
        "Another title",
    ),
    "a value": (
        "data/sme_shares.csv",
        "employment,82.7",
        "employment,82.9",
        "chapters/how-much-of-the-economy.html",
        "82.9%",
    ),
    "an entry of the bibliography": (
        "references.bib",
        "A Modern Approach",
        "A Changed Approach",
        "chapters/references.html",
        "A Changed Approach",
    ),
    "a line of the analysis": (
        "smebook/claim_tests/economy.py",
        "The latest shares of SMEs",
        "The newest shares of SMEs",
        "chapters/how-much-of-the-economy.html",
        "The newest shares of SMEs",
    ),
}


@pytest.mark.xdist_group("damage")
@pytest.mark.parametrize("kind", CHANGES)
def test_no_result_is_stale(kind, malicious):
    name, old, new, page, expected = CHANGES[kind]
    place = malicious / "_build" / "html" / page
    assert expected not in place.read_text(encoding="utf-8")
    edit(malicious / name, old, new)
    run = subprocess.run(
        [sys.executable, "-m", "citablebook", "build"],
        cwd=malicious,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert expected in place.read_text(encoding="utf-8")


CHAPTERS = {
    "broken directive": (
        lambda c: before_section(c / "proofreading-table-1.md", "```{tabel}\nx\n```"),
        r"chapters/proofreading-table-1\.md, line \d+: Unknown directive type: 'tabel'; mend: correct the name",
    ),
    "failing cell": (
        lambda c: edit(c / "cases.md", "told = load(", "told = alt.no_such_map("),
        r"chapters/cases\.md, cell \d+ \(`told = alt\.no_such_map.*`\) failed: AttributeError: .*no_such_map.*; mend: run the chapter in JupyterLab",
    ),
    "endless cell": (
        lambda c: before_section(
            c / "conclusions.md", "```{code-cell} ipython3\nwhile True: pass\n```"
        ),
        r"chapters/conclusions\.md, cell \d+ \(`while True: pass`\) ran longer than 15 seconds; mend: make it end, or raise",
    ),
    "missing figure": (
        lambda c: before_section(c / "references.md", "```{image} missing.png\n:alt: A map\n```"),
        r"chapters/references\.md, line \d+: image file not readable: chapters/missing\.png; mend: put the picture there",
    ),
    "dead reference to a figure": (
        lambda c: before_section(c / "firm-size.md", "```{note}\nSee {numref}`fig-nowhere`.\n```"),
        r"chapters/firm-size\.md, line \d+: undefined label: 'fig-nowhere'; mend: correct the label",
    ),
    "dead reference to a page": (
        lambda c: before_section(c / "how-to-cite.md", "```{note}\nSee [there](nowhere.md).\n```"),
        r"chapters/how-to-cite\.md, line \d+: .*'nowhere\.md'; mend: correct the label or the file name",
    ),
    "unknown citekey": (
        lambda c: edit(c / "literature.md", "{cite:t}`", "{cite:t}`nobody2000,"),
        r"chapters/literature\.md, line \d+: could not find bibtex key \"nobody2000\"; mend: add the work to references\.bib",
    ),
    "unknown claim": (
        lambda c: edit(c / "introduction.md", "{claim}`C5`", "{claim}`C5` {claim}`C999`"),
        r"chapters/introduction\.md, line \d+: there is no claim 'C999'",
    ),
    "unknown name in prose": (
        lambda c: before_section(c / "data.md", "```{note}\n{eval}`no_such_number`\n```"),
        r"chapters/data\.md, line \d+: .*no_such_number.*; mend: correct the expression",
    ),
}


def before_section(path: Path, text: str) -> None:
    """Put something at the end of the first section, where it needs no identifier."""
    content = path.read_text(encoding="utf-8")
    place = [match.start() for match in re.finditer(r"^\(S-[^)]*\)=\n", content, flags=re.M)][1]
    path.write_text(f"{content[:place]}{text}\n\n{content[place:]}", encoding="utf-8")


@pytest.fixture(scope="module")
def damaged(malicious):
    """The report of a build with every kind of damage to chapters at once."""
    good = digest(malicious / "_build" / "html")
    edit(malicious / "_config.yml", "timeout: 60", "timeout: 15")
    for damage, _ in CHAPTERS.values():
        damage(malicious / "chapters")
    run = subprocess.run(
        [sys.executable, "-m", "citablebook", "build"],
        cwd=malicious,
        capture_output=True,
        text=True,
    )
    said = re.sub(r"\x1b\[[\d;]*m", "", run.stderr)
    assert "To mend:" in said, said[-3000:]
    return (
        run.returncode,
        said.partition("To mend:")[2],
        good == digest(malicious / "_build" / "html"),
    )


@pytest.mark.xdist_group("damage")
@pytest.mark.parametrize("kind", CHAPTERS)
def test_damage_to_a_chapter_is_named_with_its_place_and_remedy(kind, damaged):
    status, report, untouched = damaged
    assert status and untouched
    found = [line for line in report.split("\n") if re.search(CHAPTERS[kind][1], line)]
    assert len(found) == 1, report or "no report"


@pytest.mark.xdist_group("damage")
def test_an_interrupted_build_leaves_the_last_good_book(damaged, malicious):
    good = digest(malicious / "_build" / "html")
    run = subprocess.Popen(
        [sys.executable, "-m", "citablebook", "build", "--fresh"],
        cwd=malicious,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(6)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert run.returncode and good == digest(malicious / "_build" / "html")
    assert BeautifulSoup(
        (malicious / "_build" / "html" / "chapters" / "index.html").read_text(encoding="utf-8"),
        "html.parser",
    ).h1
