"""What kind of innovation, with whom, with what help? US innovators by size of company.

Each table is of one survey and has no sampling errors. What decides is whether the size
classes are in an order that chance alone would seldom give them (`rules.order`); classes
that the agency flags are left out.
"""

import pandas as pd

from citablebook import data

from . import rules, sizes

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
    classes = table["size_class"].unique()
    table = table.pivot(index="size_class", columns="kind").loc[classes]
    kinds = ["product innovation", "new to the market"]
    counts = table["innovating"][kinds].astype(float)
    rate = counts["new to the market"] / counts["product innovation"] * 100
    return counts.assign(rate=rate, flagged=table["rate_flag"][kinds].ne("").any(axis=1))


def without_rd() -> pd.DataFrame:
    """Return US innovators and those without R&D of their own by size, 2017-19.

    Returns
    -------
    pandas.DataFrame
        A row per size class: `innovating` and `without` are companies, `rate` is in %.
    """
    table = data.load("us_innovators_with_rd_by_size").set_index("size_class").drop("all")
    counts = table[["innovating"]].astype(float)
    counts["without"] = counts["innovating"] - table["with_own_rd"].astype(float)
    return counts.assign(rate=counts["without"] / counts["innovating"] * 100)


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
    kept = counts[~counts["flagged"]] if "flagged" in counts else counts
    sums = kept.groupby(sizes.is_small(kept.index))[[part, whole]].sum()
    share = (sums[part] / sums[whole] * 100).rename({True: "small", False: "large"})
    return share[["small", "large"]]


def knowledge_partners() -> pd.Series:
    """Return at most how many small innovators have a partner of `KNOWLEDGE` (%), by size.

    The shares of the four kinds added up, as if no company had two of them.
    """
    return partners().loc[list(KNOWLEDGE), list(SMALL_CLASSES)].sum()


def order_of_novelty() -> tuple[int, dict]:
    """Measure whether the share of new to the market rises along the unflagged classes of size.

    The null is that it has no order (Kendall). Size stands for technological capability
    where that is asked for, which is a rough measure.
    """
    counts = novelty()
    share = pooled(counts, "new to the market", "product innovation")
    return rules.order(counts.loc[~counts["flagged"], "rate"]), {"limit": sizes.LIMIT, **share}


def most_novelties() -> tuple[int, dict]:
    """Measure whether most companies with a product new to the market are small.

    That they are leaves the claim open: products are counted, not changed markets.
    """
    counts = novelty()["new to the market"]
    small = counts[sizes.is_small(counts.index)].sum()
    share = small / counts.sum() * 100
    most = rules.lead(small, counts.sum() - small) if share > rules.value("majority") else -1
    return most, {"limit": sizes.LIMIT, "share": share}


def most_without_rd() -> tuple[int, dict]:
    """Measure whether most small innovators do no R&D, the small classes being the sample (t)."""
    table = without_rd()
    small = table.loc[sizes.is_small(table.index), "rate"]
    share = pooled(table, "without", "innovating")["small"]
    figures = {"limit": sizes.LIMIT, "share": share, "least": small.min(), "most": small.max()}
    return rules.across(small, null=rules.value("majority")), figures


def order_without_rd() -> tuple[int, dict]:
    """Measure whether the share of innovators without R&D falls along the classes (Kendall)."""
    table = without_rd()
    share = pooled(table, "without", "innovating")
    return -rules.order(table["rate"]), {"limit": sizes.LIMIT, **share}


def most_with_partners() -> tuple[int, dict]:
    """Measure whether most small innovators have partners of `KNOWLEDGE`, in the whole country.

    It speaks to districts only if they have: an upper bound in each class of size is set
    against a majority.
    """
    most, universities = knowledge_partners(), partners().loc["universities"]
    figures = {"small": universities["1-9"], "large": universities["250+"]}
    figures |= {"least": most.min(), "most": most.max()}
    return rules.across(most, null=rules.value("majority")), figures
