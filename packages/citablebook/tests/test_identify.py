"""`identify` writes identifiers where there are none, and only there."""

import pytest

from citablebook import identify, registry

REGISTRY = """\
identifier,kind,points_to,status
S-E1,section,A,current
P-1,paragraph,C1,current
P-7,paragraph,,withdrawn
T-E1,table,table-old,current
C1,claim,data/claims.csv,current
"""
CHAPTER = """\
---
jupytext: {}
---
(S-E1)=
# A

(P-1)=
One claim. {claim}`C1`

Two {cite:p}`rothwell1989, hall1986`, in {numref}`table-new`. {claim}`C2`

{.edition}
## B

:::{admonition} Checked
:class: edition
It is.
:::

:::{only} html
Not a thing of its own.
:::

- a list

```{code-cell} ipython3
---
mystnb:
  figure:
    name: table-new
---
1
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: table-old
---
1
```
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "identifiers.csv").write_text(REGISTRY)
    (tmp_path / "one.md").write_text(CHAPTER)
    return tmp_path


def run(files):
    table = files / "identifiers.csv"
    return identify.identify(files, [files / "one.md"], table, "data/claims.csv")


def test_what_has_none_gets_the_next_and_nothing_else_changes(files):
    new = run(files)
    assert [tuple(entry[:3]) for entry in new] == [
        ("P-8", "paragraph", "rothwell1989 hall1986 table-new C2"),
        ("C2", "claim", "data/claims.csv"),
        ("S-E2", "section", "B"),
        ("P-9", "paragraph", ""),
        ("T-E2", "table", "table-new"),
    ]
    written = (files / "one.md").read_text()
    assert "(P-8)=\nTwo" in written
    assert "(S-E2)=\n{.edition}\n## B" in written
    assert "(P-9)=\n:::{admonition} Checked" in written
    lines = [line for line in written.split("\n") if not line.endswith(")=")]
    assert lines == [line for line in CHAPTER.split("\n") if not line.endswith(")=")]
    assert list(registry.read(files / "identifiers.csv"))[-5:] == [entry[0] for entry in new]


def test_a_second_run_does_nothing(files):
    run(files)
    before = (files / "one.md").read_text(), (files / "identifiers.csv").read_text()
    assert run(files) == []
    assert before == ((files / "one.md").read_text(), (files / "identifiers.csv").read_text())


def test_identifiers_stay_when_wording_and_order_change(files):
    text = "(S-E1)=\n# A\n\n(P-1)=\nOne. {claim}`C1`\n\n(P-2)=\nTwo.\n\n(S-E2)=\n## B\n"
    one, two, three, four = text.split("\n\n")
    changed = "\n\n".join([one, three.replace("Two", "Second"), two, four.replace("B", "Z")])
    held = []
    for content in (text, changed):
        (files / "one.md").write_text(content)
        places = identify.scan(files / "one.md", {})
        held.append({p.identifier: p.points_to for p in places if p.kind == "paragraph"})
    assert held[0] == held[1] == {"P-1": "C1", "P-2": ""}


def test_what_follows_for_one_medium_alone_is_part_of_its_paragraph(book):
    book.edit(
        "deep/size.md",
        "{claim}`C1`\n",
        "\n:::{only} not pdf\nSee {numref}`table-one`. {claim}`C1`\n:::\n",
    )
    app = book.build(citablebook_parts=["markup", "identifiers", "bibliography"])
    assert not book.warnings
    held = app.env.domains["citable"].things["P-1"].holds
    assert held == "rothwell1989 table-one C1"
    places = identify.scan(book.root / "deep" / "size.md", {})
    assert [p.points_to for p in places if p.identifier == "P-1"] == [held]


def test_withdrawn_ones_are_never_given_again():
    assert identify.next_identifier("paragraph", {"P-2", "P-10", "S-E40"}) == "P-11"
    assert identify.next_identifier("figure", set()) == "F-E1"


def test_the_scan_of_sources_and_the_domain_agree(built):
    """What `identify` registers of a paragraph is what the build compares it with."""
    by_label = registry.labels(registry.read(built.root / "identifiers.csv"))
    things = built.app.env.domains["citable"].things
    found = [
        place
        for name in ("index", "deep/size")
        for place in identify.scan(built.root / f"{name}.md", by_label)
        if place.identifier
    ]
    assert {p.identifier for p in found} == set(things) - {"T-1"}  # not from a cell of code
    for place in found:
        if place.kind == "paragraph":
            assert place.points_to == things[place.identifier].holds or place.identifier == "P-2"
