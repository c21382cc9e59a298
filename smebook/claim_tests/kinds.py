"""What kind of innovation, with whom, with what help? US innovators by size of company.

Each table is of one survey and has no sampling errors. What decides is whether the size
classes are in an order that chance alone would seldom give them (`rules.order`); classes
that the agency flags are left out.
"""

import pandas as pd

from citablebook import data

from . import Finding, bears_on, rules
from .denominators import LIMIT, lower_limit

PAGE = "kinds-of-innovation.html"
#: Partners that the paper calls universities, research institutes and intermediaries.
KNOWLEDGE = (
    "universities",
    "public research institutes",
    "private research institutes",
    "consultants and commercial laboratories",
)
#: Size classes of the table of partners, the large ones last.
SMALL_CLASSES = ("1-9", "10-49", "50-249")


def novelty() -> pd.DataFrame:
    """Return counts of US companies by size and novelty of their product innovations, 2020-22.

    Returns
    -------
    pandas.DataFrame
        A row per size class; `product innovation` and `new to the market` are companies,
        `rate` the second as a share of the first (%), `flagged` whether the agency flags
        one of the two.
    """
    table = data.load("us_product_innovation_by_size").query("size_class != 'all'")
    wide = table.pivot(index="size_class", columns="kind", values="innovating").astype(float)
    flag = table.assign(flagged=table["rate_flag"] != "").pivot(
        index="size_class", columns="kind", values="flagged"
    )
    kinds = ["product innovation", "new to the market"]
    return wide.assign(
        rate=wide["new to the market"] / wide["product innovation"] * 100,
        flagged=flag[kinds].any(axis=1),
    ).loc[table["size_class"].unique(), [*kinds, "rate", "flagged"]]


def without_rd() -> pd.DataFrame:
    """Return US innovators and those without R&D of their own by size, 2017-19.

    Returns
    -------
    pandas.DataFrame
        A row per size class: `innovating` and `without` are companies, `rate` is in %.
    """
    table = data.load("us_innovators_with_rd_by_size").query("size_class != 'all'")
    table = table.set_index("size_class")[["innovating", "with_own_rd"]].astype(float)
    without = table["innovating"] - table["with_own_rd"]
    return pd.DataFrame(
        {
            "innovating": table["innovating"],
            "without": without,
            "rate": without / table["innovating"] * 100,
        }
    )


def supported() -> pd.DataFrame:
    """Return US innovators and those with public support by size, 2015-17.

    Returns
    -------
    pandas.DataFrame
        A row per size class: `innovating` and `supported` are companies, `rate` is in %.
    """
    table = data.load("us_public_support_by_size").query("size_class != 'all'")
    table = table.set_index("size_class")[["innovating", "supported"]].astype(float)
    return table.assign(rate=table["supported"] / table["innovating"] * 100)


def partners() -> pd.DataFrame:
    """Return the share of US innovators with each kind of partner (%), 2015-17, by size."""
    table = data.load("us_cooperation_by_size").query(
        "location == 'anywhere' and size_class != 'all'"
    )
    wide = table.pivot(index="partner", columns="size_class", values="rate")
    return wide[[*SMALL_CLASSES, "250+"]].astype(float)


def pooled(counts: pd.DataFrame, part: str, whole: str) -> pd.Series:
    """Return the share of a part in a whole (%) for small and large companies.

    Parameters
    ----------
    counts : pandas.DataFrame
        A row per size class; a column `flagged` leaves classes out.
    part, whole : str
        Columns of counts.

    Returns
    -------
    pandas.Series
        `small` (fewer than 500 employees) and `large`.
    """
    kept = counts[~counts["flagged"].astype(bool)] if "flagged" in counts else counts
    sums = (
        kept[[part, whole]]
        .groupby(["small" if lower_limit(size) < LIMIT else "large" for size in kept.index])
        .sum()
    )
    return (sums[part] / sums[whole] * 100).loc[["small", "large"]]


def _novelty_words() -> str:
    share = pooled(novelty(), "new to the market", "product innovation")
    return (
        f"Of US companies with a product innovation in 2020-22, {share['small']:.1f}% of those "
        f"with fewer than {LIMIT} employees and {share['large']:.1f}% of the others (flagged "
        "classes left out) had one that was new to the market."
    )


def _novelty_reason() -> str:
    found = rules.order(_unflagged())
    return {
        0: "Along the classes the share has no order beyond chance.",
        1: "The share rises with size beyond chance.",
        -1: "The share falls with size beyond chance.",
    }[found]


def _unflagged() -> pd.Series:
    counts = novelty()
    return counts.loc[~counts["flagged"], "rate"]


@bears_on(
    "C81",
    "C112",
    question="Is the innovation of small firms more often new to the market?",
    part="novelty",
    source=("us_product_innovation_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_place=False,
    same_time=False,
    would_change="a share of new to the market that falls with size beyond chance",
)
def small_is_radical() -> Finding:
    """Return whether the small among product innovators are more often first on the market.

    The null is that the share has no order along the unflagged classes of size (Kendall).
    """
    share = pooled(novelty(), "new to the market", "product innovation")
    return Finding(
        rules.outcome(-rules.order(_unflagged()), claimed=1),
        _novelty_words(),
        f"{_novelty_reason()} More radical would need a share that falls.",
        brief=f"first on the market, of product innovators: {share['small']:.0f}% of the small, "
        f"{share['large']:.0f}% of the large",
        korean=f"제품을 혁신한 미국 기업(2020-22년) 가운데 시장에 새로운 제품을 낸 비율은 종업원 "
        f"{LIMIT}인 미만 {share['small']:.1f}%, 그 이상 {share['large']:.1f}%이다.",
    )


@bears_on(
    "C35",
    question="Is innovation that is new to the market more frequent where firms are larger?",
    part="by size of the innovator",
    source=("us_product_innovation_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_time=False,
    would_change="a share of new to the market that rises, or falls, with size beyond chance",
)
def radical_needs_capability() -> Finding:
    """Return whether the share of new to the market rises with size, as capability does.

    Size stands for technological capability here, which is a rough measure.
    """
    share = pooled(novelty(), "new to the market", "product innovation")
    return Finding(
        rules.outcome(rules.order(_unflagged()), claimed=1),
        _novelty_words(),
        f"{_novelty_reason()} If radical innovation needs more capability, and large firms have "
        "more of it, the share would rise.",
        korean=f"제품을 혁신한 미국 기업(2020-22년) 가운데 시장에 새로운 제품을 낸 비율은 종업원 "
        f"{LIMIT}인 미만 {share['small']:.1f}%, 그 이상 {share['large']:.1f}%이다.",
    )


@bears_on(
    "C37",
    question="Are most companies with something new to the market small?",
    part="number of companies",
    source=("us_product_innovation_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_place=False,
    same_time=False,
    would_change="most of these companies with 500 employees or more",
)
def novelties_of_small_firms() -> Finding:
    """Return "against" if most companies with a product new to the market are large.

    That most are small leaves the claim open: products are counted, not changed markets.
    """
    counts = novelty()["new to the market"]
    small = counts[counts.index.map(lower_limit) < LIMIT].sum()
    share = small / counts.sum() * 100
    most = rules.lead(small, counts.sum() - small) if share > rules.value("majority") else -1
    return Finding(
        "undecided" if most > 0 else rules.outcome(most, claimed=1),
        f"{share:.1f}% of the US companies with a product new to the market in 2020-22 have fewer "
        f"than {LIMIT} employees.",
        "Small firms do bring such products out, but nearly all firms are small; how much a "
        "product changed its market is not counted.",
        korean=f"시장에 새로운 제품을 낸 미국 기업의 {share:.1f}%가 종업원 {LIMIT}인 미만이다.",
    )


@bears_on(
    "C98",
    question="Do most small innovators have no R&D of their own?",
    part="innovation without R&D",
    source=("us_innovators_with_rd_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_place=False,
    same_time=False,
    would_change="R&D of their own in most small innovators",
)
def innovation_without_rd() -> Finding:
    """Return whether most small innovators do no R&D, the small classes being the sample (t)."""
    table = without_rd()
    small = table.loc[table.index.map(lower_limit) < LIMIT, "rate"]
    share = pooled(table, "without", "innovating")
    return Finding(
        rules.outcome(rules.across(small, null=rules.value("majority")), claimed=1),
        f"{share['small']:.1f}% of US innovators with fewer than {LIMIT} employees had no R&D of "
        f"their own in 2017-19, {small.min():.0f} to {small.max():.0f}% by class of size.",
        "Much would be more than half.",
        brief=f"{share['small']:.0f}% of small US innovators have no R&D of their own",
        korean=f"혁신하는 미국 기업(2017-19년) 가운데 종업원 {LIMIT}인 미만의 "
        f"{share['small']:.1f}%는 자체 연구개발이 없다.",
    )


@bears_on(
    "C2",
    "C98",
    "C100",
    question="Does R&D as an indicator miss small innovators more often than large ones?",
    part="what the indicator misses",
    source=("us_innovators_with_rd_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_place=False,
    same_time=False,
    would_change="a share of innovators without R&D that does not fall with size",
)
def rd_misses_the_small() -> Finding:
    """Return whether the share of innovators without R&D falls along the classes (Kendall)."""
    table = without_rd()
    share = pooled(table, "without", "innovating")
    found = -rules.order(table["rate"])
    return Finding(
        rules.outcome(found, claimed=1),
        f"Counted by R&D of their own, {share['small']:.1f}% of the US innovators with fewer than "
        f"{LIMIT} employees would be missed, and {share['large']:.1f}% of the larger (2017-19).",
        "The share falls with size beyond chance."
        if found > 0
        else "The share does not fall with size beyond chance.",
        brief=f"a count by R&D misses {share['small']:.0f}% of small innovators and "
        f"{share['large']:.0f}% of large ones",
        korean=f"연구개발로 세면 종업원 {LIMIT}인 미만 혁신 기업의 {share['small']:.1f}%, "
        f"그 이상의 {share['large']:.1f}%가 빠진다(미국, 2017-19년).",
    )


def knowledge_partners() -> pd.Series:
    """Return at most how many small innovators have a partner of `KNOWLEDGE` (%), by size.

    The shares of the four kinds added up, as if no company had two of them.
    """
    return partners().loc[list(KNOWLEDGE), list(SMALL_CLASSES)].sum()


@bears_on(
    "C42",
    "C106",
    question="Do most small innovators work with universities, institutes or intermediaries?",
    part="in the country as a whole",
    source=("us_cooperation_by_size",),
    where=f"{PAGE}#fig-kinds",
    same_time=False,
    would_change="such partners in most small innovators, which would hold in districts too, or"
    " figures of firms by their distance from universities",
)
def universities_in_districts() -> Finding:
    """Return whether the figures of the whole country speak to districts: only if they are high.

    An upper bound in each class of size is set against a majority.
    """
    most, table = knowledge_partners(), partners()
    found = rules.across(most, null=rules.value("majority"))
    return Finding(
        "supports" if found > 0 else "undecided",
        f"In 2015-17 {table.at['universities', '1-9']:.1f}% of US innovators with 1 to 9 employees "
        f"worked with universities, {table.at['universities', '250+']:.1f}% of those with 250 and "
        f"more; with universities, institutes, consultants or laboratories at most "
        f"{most.min():.1f} to {most.max():.1f}% of the small.",
        "The claim is on firms near such partners: a country in which few work with them can have "
        "districts in which many do, and to be near needs no joint project.",
        korean=f"혁신하는 미국 중소기업 가운데 대학·연구기관 등과 협력하는 비율은 많아도 "
        f"{most.max():.1f}%이다(2015-17년).",
    )
