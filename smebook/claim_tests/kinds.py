"""What kind of innovation, with whom, with what help? US surveys by size of company."""

import pandas as pd
from citablebook import data

from smebook.claim_tests import Finding, bears_on, rules
from smebook.claim_tests.denominators import lower_limit

_PAGE = "kinds-of-innovation.html"


def _by_size(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame[frame["size_class"] != "all"].set_index("size_class")
    return frame.loc[sorted(frame.index, key=lower_limit)]


def new_to_market() -> pd.DataFrame:
    """Return, by class of size, the share of companies with an innovation new to the market.

    Returns
    -------
    pandas.DataFrame
        `of_innovators`: in per cent of companies with a product innovation, and `of_all`
        in per cent of all companies.
    """
    frame = data.load("us_product_innovation_by_size")
    kinds = {kind: _by_size(part) for kind, part in frame.groupby("kind")}
    product, market = kinds["product innovation"], kinds["new to the market"]
    return pd.DataFrame(
        {
            "of_innovators": 100 * market["innovating"] / product["innovating"],
            "of_all": market["rate"],
        }
    )


def without_rd() -> pd.Series:
    """Return, by class of size, the share in per cent of innovating companies without R&D of their own."""
    return 100 - _by_size(data.load("us_innovators_with_rd_by_size"))["rate"]


def partners(size_class: str) -> pd.Series:
    """Return the share in per cent of innovating companies of a size that cooperate, by kind of partner."""
    frame = data.load("us_cooperation_by_size")
    frame = frame[(frame["location"] == "anywhere") & (frame["size_class"] == size_class)]
    return frame.set_index("partner")["rate"].drop("any partner").sort_values(ascending=False)


def public_support() -> pd.Series:
    """Return, by class of size, the share in per cent of innovating companies with public support."""
    return _by_size(data.load("us_public_support_by_size"))["rate"]


def _radical(rates: pd.Series, of: str, korean_of: str) -> Finding:
    found = -rules.order(rates)
    return Finding(
        rules.outcome(found, 1),
        f"Of {of}, {rates.iloc[0]:.1f}% with 1\N{EN DASH}4 employees and {rates.iloc[-1]:.1f}% of the largest brought out something new to the market (US, 2020\N{EN DASH}22).",
        "The share rises with size."
        if found < 0
        else "The share falls with size."
        if found
        else "The share has no order by size.",
        korean=f"{korean_of} 가운데 시장에 새로운 제품을 낸 비율은 1~4명 규모 {rates.iloc[0]:.1f}%, 최대 규모 {rates.iloc[-1]:.1f}%다(미국 2020~22년).",
    )


@bears_on(
    "C112",
    question="Are the product innovations of small firms more often new to the market?",
    part="new to the market, of product innovators",
    source=("us_product_innovation_by_size",),
    where=f"{_PAGE}#fig-new-to-market",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="a survey in which small innovators are the more often first on the market",
)
def small_innovators_are_first() -> Finding:
    """Return whether the part of innovators that is first on the market falls with size."""
    return _radical(
        new_to_market()["of_innovators"], "companies with a product innovation", "제품혁신 기업"
    )


@bears_on(
    "C112",
    question="Do small firms more often bring something new to the market?",
    part="new to the market, of all companies",
    source=("us_product_innovation_by_size",),
    where=f"{_PAGE}#fig-new-to-market",
    same_place=False,
    same_time=False,
    would_change="a survey in which small firms are the more often first on the market",
)
def small_firms_are_first() -> Finding:
    """Return whether the part of companies that is first on the market falls with size."""
    return _radical(new_to_market()["of_all"], "all companies", "전체 기업")


@bears_on(
    "C98",
    question="Do small innovators more often have no R&D of their own?",
    source=("us_innovators_with_rd_by_size",),
    where=f"{_PAGE}#fig-without-rd",
    same_place=False,
    same_time=False,
    would_change="a survey in which small innovators do R&D as often as large ones",
)
def small_innovators_lack_rd() -> Finding:
    """Return whether the part of innovators without R&D falls with size."""
    rates = without_rd()
    return Finding(
        rules.outcome(-rules.order(rates), 1),
        f"Of the US companies that innovate, {rates.iloc[0]:.0f}% with 1\N{EN DASH}4 employees and {rates.iloc[-1]:.0f}% of the largest have no R&D of their own (2017\N{EN DASH}19).",
        "The share falls with size, so a count of R&D sees less of the small.",
        korean=f"혁신하는 미국 기업 가운데 자체 연구개발이 없는 비율은 1~4명 규모 {rates.iloc[0]:.0f}%, 최대 규모 {rates.iloc[-1]:.0f}%다.",
    )


@bears_on(
    "C106",
    question="Are universities and research institutes the partners of small US innovators?",
    part="universities and institutes as partners",
    source=("us_cooperation_by_size",),
    where=f"{_PAGE}#fig-partners",
    same_time=False,
    would_change="a survey in which they are among the more frequent partners of small innovators",
)
def small_innovators_work_with_universities() -> Finding:
    """Return whether knowledge organisations are among the more frequent half of small innovators' partners."""
    shares = partners("1-9")
    knowledge = ["universities", "public research institutes", "private research institutes"]
    places = [list(shares.index).index(name) + 1 for name in knowledge]
    frequent = [place <= len(shares) / 2 for place in places]
    large = partners("250+")["universities"]
    return Finding(
        "supports" if all(frequent) else "undecided" if any(frequent) else "against",
        f"Of innovating US companies with 1\N{EN DASH}9 employees, {shares['universities']:.1f}% cooperate with universities, and {shares.iloc[0]:.1f}% with {shares.index[0]}; of those with 250 and more {large:.1f}% (2015\N{EN DASH}17).",
        f"Universities and institutes rank {', '.join(map(str, places))} of {len(shares)} kinds of partner.",
    )


@bears_on(
    "C47",
    question="Does public support in the US reach small innovators more often?",
    part="support, in practice",
    source=("us_public_support_by_size",),
    where=f"{_PAGE}#fig-support",
    same_time=False,
    would_change="figures by size in which small innovators are supported as often",
)
def support_reaches_the_small() -> Finding:
    """Return whether the part of innovators with public support falls with size."""
    rates = public_support()
    found = -rules.order(rates)
    return Finding(
        rules.outcome(found, 1),
        f"Of innovating US companies, {rates.iloc[0]:.1f}% with 1\N{EN DASH}4 employees and {rates.iloc[-1]:.1f}% of the largest had public support (2015\N{EN DASH}17).",
        "The share rises with size." if found < 0 else "The share does not rise with size.",
    )
