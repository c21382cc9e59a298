"""A number shows its value as it is printed and says where it comes from."""

import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell

from citablebook import Number, Table, computed, count, from_cell, numbers
from citablebook.numbers import cell_hash, cell_id, formatted, rounded, typeset


def note(number: Number) -> str:
    """Return what a reader is told of a number on a page."""
    return BeautifulSoup(number._repr_html_(), "html.parser").select_one(".note").get_text()


def target(number: Number) -> str:
    """Return the address to which a number links."""
    return BeautifulSoup(number._repr_html_(), "html.parser").a["href"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.25, 1, "0.3"),
        (0.35, 1, "0.4"),
        (2.5, 0, "3"),
        (-2.5, 0, "\u22123"),
        (1.005, 2, "1.01"),
        (-0.04, 1, "0.0"),
        (-0.0, 0, "0"),
        (4387, 0, "4,387"),
        (-1234567.891, 2, "\u22121,234,567.89"),
    ],
)
def test_a_value_is_rounded_half_up_and_set_as_in_print(value, decimals, text):
    assert formatted(value, decimals) == text
    assert str(computed(value, "", decimals)) == text


def test_rounding_keeps_within_half_a_unit_and_goes_up_at_the_half():
    for thousandths in range(-3000, 3001):
        value = thousandths / 1000
        off = float(rounded(value, 1)) - value
        assert abs(off) <= 0.05 + 1e-12
        if thousandths % 100 == 50:
            assert off > 0 if value > 0 else off < 0


def test_numbers_are_spelled_up_to_twelve_and_only_in_the_text():
    assert [str(computed(n).in_words()) for n in (0, 1, 12, 13, 2.5)] == [
        *("no", "one", "twelve", "13", "3")
    ]
    assert computed(3, "works").in_words().with_unit == "3 works"


def test_a_number_is_text_in_text_and_a_float_in_arithmetic():
    share = computed(18.6, "%", 1)
    assert f"{share}" == f"{share!r}" == "18.6%" and f"{share:>8}" == "   18.6%"
    assert float(share) + 1 == 19.6


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1, "claims", "1 claim"),
        (2, "claims", "2 claims"),
        (1, "countries", "1 country"),
        (1, "percentage points", "1 percentage point"),
        (1, "less", "1 less"),
        (1, "%", "1%"),
        (1, "", "1"),
    ],
)
def test_the_unit_agrees_with_the_number(value, unit, text):
    assert computed(value, unit).with_unit == text


def test_a_printed_figure_links_to_its_cell(bundled, pages):
    share = from_cell("sizes", "1945-49", "1-199")
    assert (str(share), share.value, share.unit) == ("18.0%", 18.0, "%")
    assert target(share) == "data/sizes.html#sizes.1945-49.1-199"
    assert note(share).startswith("18.0%: read from \u201cFirms by size\u201d, row 1945\u201349")
    assert note(share).endswith("data/sizes.csv")
    total = from_cell("sizes", "total", "1-199")
    assert (str(total), total.unit) == ("1,025", "innovations")


def test_a_unit_is_not_named_twice(bundled, pages):
    assert note(from_cell("stated", "small", "value")).startswith("199 employees of a small firm;")
    assert note(count("sizes", "rows", "rows of the table")).startswith("2 rows of the table;")


def test_a_wrong_row_or_column_is_an_error(bundled):
    with pytest.raises(KeyError):
        from_cell("sizes", "1946-49", "n")
    with pytest.raises(KeyError):
        from_cell("sizes", "1945-49", "N")


def test_without_a_cell_a_computed_number_links_to_its_source(bundled, pages):
    twice = computed(36, "%", 0, "twice the share", source="sizes")
    assert target(twice) == "data/sizes.html#sizes"
    assert note(twice).startswith("36%: twice the share; from \u201cFirms by size\u201d.")
    plain = computed(36, "%", 0, "twice the share")
    assert "href" not in plain._repr_html_() and 'tabindex="0"' in plain._repr_html_()


def test_a_computed_number_links_to_the_cell_that_computes_it(bundled, pages):
    shell = InteractiveShell.instance()
    try:
        cell = "from citablebook import computed\nresult = computed(1 + 1, 'works', how='added')\n"
        assert shell.run_cell(cell, store_history=True).success
        result = shell.user_ns["result"]
    finally:
        InteractiveShell.clear_instance()
    assert target(result) == f"#cell-{cell_hash(cell)}"
    assert note(result) == "2 works: added. Computed in the code of this page."


def test_an_expression_in_prose_is_no_cell(monkeypatch):
    class Kernel:
        def __init__(self, stored: bool) -> None:
            self.content = {"code": "rise", "store_history": stored}

        def get_parent(self) -> dict:
            return {"content": self.content}

    for stored, cell in ((True, "rise"), (False, "")):
        monkeypatch.setattr("IPython.get_ipython", lambda stored=stored: Kernel(stored))
        assert numbers.running_cell() == cell


def test_a_cell_has_one_name_whatever_stands_around_its_lines():
    assert cell_hash("a = 1\nb = 2") == cell_hash("\na = 1  \nb = 2\n\n")
    assert cell_hash("a = 1") != cell_hash("a = 2")
    assert re.fullmatch("[0-9a-f]{12}", cell_hash("a"))


def test_rows_are_counted(bundled):
    frame = pd.DataFrame({"status": ["open", "open", "shut"], "n": [1, 2, 3]})
    assert str(count(frame, "claims", status="open")) == "2"
    assert str(count(Table(frame, "claims"))) == "3"
    assert str(count("sizes")) == "2" and str(count("sizes", period="total")) == "1"


def test_ids_tell_rows_in_any_script_from_columns():
    assert cell_id("sizes", "1945-49", "100000+") == "sizes.1945-49.100000plus"
    assert cell_id("works", "\uc911\uc18c\uae30\uc5c5", "n") == "works.\uc911\uc18c\uae30\uc5c5.n"
    assert len({cell_id("t", "\uae30\uc5c5", "n"), cell_id("t", "", "n"), cell_id("t", "n")}) == 2


@pytest.mark.parametrize(
    ("text", "set"),
    [
        ("1970-74", "1970\u201374"),
        ("1,000-9,999 employees", "1,000\u20139,999 employees"),
        ("-9", "\u22129"),
        ("-", "-"),
        ("one-way", "one-way"),
        ("2019-03-31", "2019-03-31"),
        ("C-57-a", "C-57-a"),
        ("the world's firms' rise", "the world\u2019s firms\u2019 rise"),
        ("'quoted'", "'quoted\u2019"),
    ],
)
def test_dashes_and_apostrophes_are_set_as_in_print(text, set):
    assert typeset(text) == set
