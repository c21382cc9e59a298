"""Kinds of innovation: shares by hand, ranks by enumeration, and outcomes follow figures."""

import numpy as np
import pytest
from cells import run_cells

from citablebook import data
from smebook import claim_tests
from smebook.claim_tests import kinds, rules, sizes


@pytest.fixture
def changed(monkeypatch):
    """Give a bundled table other figures for one test."""
    real = data.load

    def change(name, edit):
        frame = edit(real(name))
        monkeypatch.setattr(
            data, "load", lambda n, *a, **k: frame.copy() if n == name else real(n, *a, **k)
        )

    return change


def probability_of_order(values) -> float:
    """Two-sided probability of such an order, from the permutations counted by inversions."""
    values, n = list(values), len(values)
    ways = [1]
    for size in range(2, n + 1):  # Mahonian numbers
        ways = [sum(ways[max(0, k - size + 1) : k + 1]) for k in range(len(ways) + size - 1)]
    found = sum(b < a for i, a in enumerate(values) for b in values[i + 1 :])
    fewer = min(found, n * (n - 1) // 2 - found)
    return min(1.0, 2 * sum(ways[: fewer + 1]) / sum(ways))


def test_novelty_by_hand_and_without_flagged_classes():
    counts = kinds.novelty()
    assert counts.at["1-4", "rate"] == pytest.approx(89775 / 241034 * 100)
    assert counts.index[counts["flagged"]].tolist() == ["1000-4999", "25000+"]
    kept = counts[~counts["flagged"]]
    small = kept.index.map(sizes.lower_limit) < 500
    by_hand = (
        kept.loc[~small, "new to the market"].sum() / kept.loc[~small, "product innovation"].sum()
    )
    pooled = kinds.pooled(counts, "new to the market", "product innovation")
    assert pooled["large"] == pytest.approx(by_hand * 100) == pytest.approx(618 / 1418 * 100)


def test_counts_agree_with_the_published_totals():
    published = data.load("us_public_support_by_size").set_index("size_class").loc["all"]
    support = run_cells("kinds-of-innovation").names["support"]
    assert abs(support["supported"].sum() - published["supported"]) <= 1
    no_rd = kinds.without_rd()
    share = no_rd["without"].sum() / no_rd["innovating"].sum() * 100
    assert share == pytest.approx(100 - 24.4, abs=0.06)
    table = data.load("us_cooperation_by_size").query("location == 'anywhere'")
    table = table[table["partner"] == "universities"].set_index("size_class")
    weight = table["innovating"].astype(float).drop("all")
    assert (table["rate"].drop("all") * weight).sum() / weight.sum() == pytest.approx(8.1, abs=0.06)


@pytest.mark.parametrize(
    "rates, decided",
    [
        (lambda: kinds.novelty().query("not flagged")["rate"], 0),
        (lambda: kinds.without_rd()["rate"], -1),
        (lambda: run_cells("kinds-of-innovation").names["support"]["rate"], 1),
    ],
)
def test_the_order_is_that_of_an_enumeration(rates, decided):
    from scipy import stats

    values = rates()
    probability = probability_of_order(values)
    assert stats.kendalltau(range(len(values)), values).pvalue == pytest.approx(probability)
    assert rules.order(values) == decided
    assert (probability <= rules.value("alpha")) == bool(decided)


def test_classes_of_partners_cannot_be_put_in_order_beyond_chance():
    # Four classes in perfect order come by chance in one case of twelve.
    assert probability_of_order(kinds.partners().loc["universities"]) == pytest.approx(1 / 12)


def _novelty_by(shares):
    def edit(table):
        product = table[table["kind"] == "product innovation"].set_index("size_class")["innovating"]
        market = table["kind"] == "new to the market"
        classes = [c for c in product.index if c != "all"]
        for c, share in zip(classes, shares, strict=True):
            row = market & (table["size_class"] == c)
            table.loc[row, "innovating"] = round(product[c] * share)
        return table

    return edit


@pytest.mark.parametrize(
    "shares, radical, capability",
    [
        (np.linspace(0.9, 0.1, 12), "supports", "against"),
        (np.linspace(0.1, 0.9, 12), "against", "supports"),
    ],
)
def test_novelty_decides_if_it_has_an_order(changed, shares, radical, capability):
    assert (
        claim_tests.run("small_is_radical").outcome
        == claim_tests.run("radical_needs_capability").outcome
        == "undecided"
    )
    changed("us_product_innovation_by_size", _novelty_by(shares))
    assert claim_tests.run("small_is_radical").outcome == radical
    assert claim_tests.run("radical_needs_capability").outcome == capability


def test_most_novelties_could_be_of_large_firms(changed):
    assert claim_tests.run("novelties_of_small_firms").outcome == "undecided"
    changed("us_product_innovation_by_size", _novelty_by([0] * 11 + [1]))
    assert claim_tests.run("novelties_of_small_firms").outcome == "against"


def _reversed(column, whole="innovating"):
    def edit(table):
        classes = table["size_class"] != "all"
        rate = (table.loc[classes, column] / table.loc[classes, whole]).to_numpy()[::-1]
        table.loc[classes, column] = (rate * table.loc[classes, whole]).round().astype(int)
        return table

    return edit


def test_rd_decides_either_way(changed):
    assert (
        claim_tests.run("rd_misses_the_small").outcome
        == claim_tests.run("innovation_without_rd").outcome
        == "supports"
    )
    changed("us_innovators_with_rd_by_size", _reversed("with_own_rd"))
    assert claim_tests.run("rd_misses_the_small").outcome == "against"


def test_most_small_innovators_could_do_rd(changed):
    def all_do(table):
        table["with_own_rd"] = (table["innovating"] * 0.9).round().astype(int)
        return table

    changed("us_innovators_with_rd_by_size", all_do)
    assert claim_tests.run("innovation_without_rd").outcome == "against"


def test_universities_decide_either_way(changed):
    assert claim_tests.run("universities_in_districts").outcome == "undecided"

    def frequent(table):
        row = table["partner"] == "universities"
        table.loc[row, "rate"] = table.loc[row, "rate"] + 60
        return table

    changed("us_cooperation_by_size", frequent)
    assert claim_tests.run("universities_in_districts").outcome == "supports"
