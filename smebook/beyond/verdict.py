"""The verdict: what became of the paper's main conclusions, each cell computed or linked to what it rests on."""

import pandas as pd

from smebook import proofreading, trends
from smebook import innovation_by_size as by_size
from smebook.beyond import firms_by_size, scaling
from citablebook.display import Evidence, Table
from citablebook.numbers import Number, computed, outside

#: How strong a conclusion is, from best to worst, and when a conclusion is called so.
STRENGTHS = {
    "holds": "everything that speaks to it agrees, from more than one side",
    "holds in part": "something agrees, and something else does not, or there is but one side",
    "not borne out": "all that speaks to it says otherwise",
    "cannot be told": "nothing here speaks to it",
}
_SIZE, _SCALING, _TODAY, _SHARES = (
    "firm-size.html",
    "scaling.html",
    "innovating-firms-by-size.html",
    "what-99-percent-means.html",
)


def _strength(*answers: bool) -> str:
    """Return the strength of a conclusion from what speaks for it (True) and against it (False)."""
    if not answers:
        return "cannot be told"
    if not any(answers):
        return "not borne out"
    return "holds" if all(answers) and len(answers) > 1 else "holds in part"


def conclusions() -> list[tuple[str, str, Evidence, Evidence, str]]:
    """Return claim, conclusion, what its own table says after repair, what later data say, and its strength."""
    table = proofreading.repaired()
    share = table.shares.iloc[:, 0]
    falls = int((share.diff() < 0).sum())
    large = table.group_shares(1000)
    overtook = by_size.first_overtaking(table.bands[0], 1000, table=table)
    smallest, largest = scaling.extreme("smallest"), scaling.extreme("largest")
    below_one, holding_one, all_estimates = (
        scaling.count_where("below 1"),
        scaling.count_where("with 1"),
        len(scaling.estimates()),
    )
    rises = firms_by_size.classes()["rate"]
    likelihood = f"In the US, 2020\N{EN DASH}22, {firms_by_size.rate('1-4')} of the companies with 1\N{EN DASH}4 employees innovate and {firms_by_size.rate('25000+')} of the largest"
    rows: list[tuple[str, str, Evidence, Evidence, str]] = [
        (
            "C79",
            "Small firms steadily increased their share of UK innovations.",
            Evidence(
                f"Up from {table.share(table.periods[0], table.bands[0])} to {table.share(table.periods[-1], table.bands[0])}, with {falls} falls on the way; the trend is no chance ({trends.number('z', table)} standard errors).",
                (
                    (f"{_SIZE}#fig-share-over-time", "shares"),
                    ("proofreading-table-1.html#table-repaired", "repair"),
                ),
            ),
            Evidence("No later count of UK innovations is at hand."),
            _strength(share.iloc[-1] > share.iloc[0], falls == 0),
        ),  # it rose, if not steadily
        (
            "C80",
            "By 1980\N{EN DASH}83 small firms had overtaken medium and large ones.",
            Evidence(
                f"They passed the single bands in 1975\N{EN DASH}79; all units from 1,000 employees up, with {large.iloc[-1]:.1f}% in the end, stay ahead of {table.share(table.periods[-1], table.bands[0])}."
                if overtook is None
                else f"They passed the large in {overtook}.",
                ((f"{_SIZE}#fig-overtaking", "who overtook whom"),),
            ),
            Evidence(
                f"{firms_by_size.below(250, 'innovating')} of innovating US companies have fewer than 250 employees, but so have {firms_by_size.below(250, 'companies')} of all companies.",
                ((f"{_TODAY}#fig-innovating-by-size", "both shares"),),
            ),
            _strength(
                bool((table.shares.iloc[-1, 1:] < share.iloc[-1]).all()),
                overtook is not None,
                float(firms_by_size.below(250, "innovating"))
                > float(firms_by_size.below(250, "companies")),
            ),
        ),
        (
            "C111",
            "Smaller companies are readier to innovate than large ones.",
            Evidence(
                "The table has shares of a total and no number of firms: it cannot say how ready a firm is.",
                ((f"{_SIZE}#table-1", "Table 1"),),
            ),
            Evidence(
                f"{likelihood}; per employee, small performers of R&D have {firms_by_size.per_head('patents')} times the patents of large ones.",
                (
                    (f"{_TODAY}#fig-innovating-by-size", "likelihood"),
                    (f"{_TODAY}#per-head", "per head"),
                ),
            ),
            _strength(
                bool(rises.is_monotonic_decreasing), float(firms_by_size.per_head("patents")) > 1
            ),
        ),
        (
            "C110",
            "Firm size and innovation show no clear relation.",
            Evidence(
                "Shares without firms or employees cannot show one.",
                ((f"{_SIZE}#table-1", "Table 1"),),
            ),
            Evidence(
                f"All {all_estimates} elasticities lie above 0, those of patents with size from {smallest} to {largest}; {below_one} intervals lie below 1 and {holding_one} hold it: more with size, mostly less than in proportion.",
                ((f"{_SCALING}#fig-elasticities", "all estimates"),),
            ),
            _strength(float(scaling.count_where("above 0")) < all_estimates),
        ),
        (
            "C112",
            "SME innovation may be of the more radical kind.",
            Evidence(
                "The table does not tell radical from incremental.",
                ((f"{_SIZE}#table-1", "Table 1"),),
            ),
            Evidence("Nor do the later data here."),
            _strength(),
        ),
        (
            "C92",
            "SMEs are nearly all firms and so a key part of the economy.",
            Evidence("The table has no firms that did not innovate."),
            Evidence(
                f"{outside('korea_sme_firms')} of Korea's firms, {outside('korea_sme_employment')} of employment, {outside('korea_sme_sales')} of sales. The first number is much the same everywhere; the other two carry the argument.",
                ((f"{_SHARES}#fig-what-smes-have", "what SMEs have"),),
            ),
            _strength(True),
        ),
        (
            "C53",
            "SMEs make around half of US GDP.",
            Evidence("The table is about the UK and innovations."),
            Evidence(
                f"{outside('us_small_gdp_1998')} in 1998 and {outside('us_small_gdp_2014')} in 2014: near half, and falling.",
                ((f"{_SHARES}#fig-what-smes-have", "what SMEs have"),),
            ),
            _strength(abs(float(outside("us_small_gdp_2014")) - 50) < 10),
        ),
        (
            "C109",
            "No one model of policy fits all regions.",
            Evidence(
                "The table has no regions. The cases as the paper tells them differ in what drives them, but all are successes.",
                (("cases.html#fig-cases-and-drivers", "cases"),),
            ),
            Evidence("Nothing later is at hand."),
            _strength(),
        ),
    ]
    return rows


def table() -> Table:
    """Return the verdict as a table."""
    rows = [
        (Evidence(text, ((f"ledger.html#ledger-{claim}", claim),)), own, later, Evidence(strength))
        for claim, text, own, later, strength in conclusions()
    ]
    return Table(
        pd.DataFrame(
            rows,
            columns=["The paper concludes", "Its own table, repaired", "Later data", "How strong"],
        ),
        "Verdict on the paper's conclusions",
        stacked=True,
    )


def count(strength: str) -> Number:
    """Return how many of the conclusions have a strength.

    Raises
    ------
    KeyError
        If there is no such strength.
    """
    STRENGTHS[strength]
    return computed(
        sum(found == strength for *_, found in conclusions()),
        "conclusions",
        0,
        f"conclusions counted that are called '{strength}'",
        "claims",
    )
