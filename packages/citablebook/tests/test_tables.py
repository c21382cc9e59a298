"""A table tells rows from columns for every reader and sets numbers alike."""

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup

from citablebook import Table, computed
from citablebook.tables import Evidence

FRAME = pd.DataFrame(
    {
        "Period": ["1970-74", "total"],
        "Share": [24.5, np.nan],
        "Change": ["-9", "+1.5"],
        "Firms": [4387, 12],
        "Kind": ["the UK's", computed(0.5, "%", 1)],
    }
)


def page(table: Table) -> BeautifulSoup:
    return BeautifulSoup(table._repr_html_(), "html.parser")


def test_every_cell_is_set_by_one_formatter():
    rows = [
        [cell.get_text() for cell in row.select("th, td")]
        for row in page(Table(FRAME, "t")).select("tbody tr")
    ]
    assert rows == [
        ["1970\u201374", "24.5", "\u22129", "4,387", "the UK\u2019s"],
        ["total", "", "+1.5", "12", "0.5%"],
    ]
    for text in ("1970\u201374", "4,387", "0.5%", "\u22129"):
        assert text in Table(FRAME, "t")._repr_markdown_() and text in repr(Table(FRAME, "t"))


def test_columns_of_numbers_are_aligned_as_numbers():
    heads = page(Table(FRAME, "t")).select("thead th")
    assert [head.get_text() for head in heads if "numeric" in head.get("class", [])] == [
        *("Share", "Change", "Firms")
    ]


def test_years_are_told_from_counts_by_their_column():
    columns = {"x": ["a", "b"], "year": [1953, 2019], "n": ["226", "1625"], "m": ["9.3", "1625"]}
    assert [cell.get_text() for cell in page(Table(pd.DataFrame(columns), "t")).select("td")] == [
        *("1953", "226", "9.3", "2019", "1,625", "1,625")
    ]


def test_rows_and_columns_are_headed_and_the_region_named():
    soup = page(Table(FRAME, "What it is", margins=["total"]))
    assert soup.select_one("[role=region]")["aria-label"] == "What it is"
    assert all(head["scope"] == "col" for head in soup.select("thead th"))
    assert [head["scope"] for head in soup.select("tbody th")] == ["row", "row"]
    assert [row.th.get_text() for row in soup.select("tr.margin")] == ["total"]
    assert soup.select_one("tbody td")["data-label"] == "Share"


def test_a_marked_cell_gives_its_reason(pages):
    soup = page(Table(FRAME, "t", marks={("total", "Firms"): "has to be 13"}))
    (mark,) = soup.select("mark")
    assert mark.get_text() == "12" and mark["tabindex"] == "0"
    assert mark.find_next(class_="note").get_text() == "has to be 13"


def test_cells_of_a_bundled_table_have_the_ids_that_numbers_link_to():
    soup = page(Table(FRAME, "t", source="sizes"))
    assert soup.find(id="sizes.1970-74.share").get_text() == "24.5"
    ids = [node["id"] for node in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) == 1 + 5 + 2 + 8


def test_a_head_may_be_shorter_on_narrow_screens():
    head = page(Table(FRAME, "t", short={"Share": "%"})).select("thead th")[1]
    assert [span.get_text() for span in head.select("span")] == ["Share", "%"]


def test_a_cell_links_to_its_evidence_on_pages_alone(pages, monkeypatch):
    evidence = Evidence("holds in part", (("ledger.html#C1", "C1"),))
    assert evidence.html() == 'holds in part (<a href="ledger.html#C1">C1</a>)'
    monkeypatch.setattr("citablebook.tables.makes_pages", lambda: False)
    assert evidence.html() == "holds in part"


def test_markup_in_a_cell_is_text():
    soup = page(Table(pd.DataFrame({"a": ["x"], "b": ["<b>&"]}), '"'))
    assert soup.td.get_text() == "<b>&" and not soup.find("b")


def test_versions_differ_in_the_cells_named_and_on_pages_alone(monkeypatch):
    frame = pd.DataFrame({"Period": ["1950-54", "total"], "n": ["514", "4387"]})
    table = Table(
        frame,
        label="Sizes",
        versions=("as printed", "repaired"),
        other={("1950-54", "n"): 359, ("total", "n"): 4378},
    )
    monkeypatch.delenv("CITABLEBOOK_PAGES", raising=False)
    assert "table-versions" not in table._repr_html_()
    monkeypatch.setenv("CITABLEBOOK_PAGES", "somewhere")
    soup = BeautifulSoup(table._repr_html_(), "html.parser")
    assert [choice["value"] for choice in soup.select("input")] == ["as printed", "repaired"]
    pairs = [
        (cell.select_one(".first").text, cell.select_one(".second").text)
        for cell in soup.select("td.differs")
    ]
    assert pairs == [("514", "359"), ("4,387", "4,378")]
    assert "2 cells" in soup.select_one("[role=status]")["data-told"]
