"""Tests of claims on the paper's own table, after repair: section 3.2."""

from itertools import pairwise

import numpy as np
import statsmodels.api as sm

from citablebook import data, from_cell
from smebook import repair, table1
from smebook.claim_tests import Finding, bears_on, rules
from smebook.rules import TOTAL

_PAGE = "firm-size.html"
_TABLE = (table1.TABLE,)


def _years(period: str) -> str:
    return period.replace("-", "\N{EN DASH}")


def stated_count() -> float:
    """Return how many innovations the text says the database covers."""
    return float(from_cell("stated_numbers", "innovations_covered", "value"))


def largest_count() -> tuple[int, int, int]:
    """Return innovations by the repaired periods, the printed total, and the primary study."""
    total = int(data.load(table1.TABLE).set_index("period").at[TOTAL, "n"])
    outside = data.load("outside_figures").set_index("id")["value"]
    return int(repair.repaired().n.sum()), total, int(outside["innovations_in_primary_study"])


def _counts_in_words() -> str:
    repaired, printed, study = largest_count()
    return (
        f"The text has over {int(stated_count()):,}; the table has"
        f" {repaired:,} innovations after repair and {printed:,} in its printed total, and the"
        f" primary study counts {study:,}."
    )


@bears_on(
    "C78",
    question="Does the database have the size that the text states?",
    part="the size of the count",
    source=(*_TABLE, "outside_figures", "stated_numbers"),
    where="proofreading-table-1.html#S-E27",
    would_change="a count of the database that differs by more than rounding explains",
)
def count_has_the_stated_size() -> Finding:
    """Return whether the largest count falls short of the stated one by no more than rounding."""
    least, largest = stated_count(), max(largest_count())
    short = 100 * (least - largest) / least
    near = short <= rules.value("stated_number")
    return Finding(
        "supports" if near else "against",
        _counts_in_words(),
        f"The largest of these counts is {abs(short):.1f}% {'below' if short > 0 else 'above'}"
        " the stated one, "
        f"{'within' if near else 'beyond'} what rounding explains.",
    )


@bears_on(
    "C78",
    question="Does any count exceed the number that the text states?",
    part="more than that number",
    source=(*_TABLE, "outside_figures", "stated_numbers"),
    where="proofreading-table-1.html#S-E27",
    would_change="a count of the database above the stated number, as the UK Data Archive's study"
    " 1675 may give",
)
def count_exceeds_the_stated_one() -> Finding:
    """Return whether any of the counts at hand exceeds the stated one."""
    least, largest = stated_count(), max(largest_count())
    return Finding(
        "supports" if largest > least else "undecided",
        f"The largest count at hand is {largest:,}.",
        f"It is more than {int(least):,}."
        if largest > least
        else f"It is not more than {int(least):,}; but the claim is on the database, which may "
        "hold innovations that the counts leave out.",
    )


def share_trend(table: table1.SizeTable) -> tuple[float, float, int]:
    """Return the trend in the log odds of the smallest band.

    Returns
    -------
    tuple of float, float, int
        Slope per decade, its standard error, and the degrees of freedom.

    Notes
    -----
    Logistic regression of the band's innovations on the middle year of each period; the
    variance is scaled by the Pearson statistic where that exceeds 1, so that variation
    between periods beyond the binomial widens the standard error (quasi-likelihood,
    McCullagh and Nelder, 1989), and the quantile is Student's.
    """
    own = table.counts[table1.SMALLEST]
    outcome = np.column_stack([own, table.n - own])
    decades = sm.add_constant((table.years["middle"] - table.years["middle"].mean()) / 10)
    model = sm.GLM(outcome, decades.to_numpy(), family=sm.families.Binomial())
    plain = model.fit()
    fit = model.fit(scale=max(1.0, plain.pearson_chi2 / plain.df_resid))
    return float(fit.params[1]), float(fit.bse[1]), int(plain.df_resid)


@bears_on(
    "C79",
    question="Did the share of the smallest band rise?",
    part="an increase, by share",
    source=_TABLE,
    where=f"{_PAGE}#S-E16",
    would_change="a recount of the data in which the share does not rise",
)
def share_rises() -> Finding:
    """Return whether the smallest band's share has a trend beyond the spread of its periods."""
    table = repair.repaired()
    slope, error, df = share_trend(table)
    share = table.shares[table1.SMALLEST]
    found = rules.direction(slope, error, df)
    first, last = share.index[0], share.index[-1]
    return Finding(
        rules.outcome(found, 1),
        f"The share of the smallest band goes from {share.iloc[0]:.1f}% in {_years(first)}"
        f" to {share.iloc[-1]:.1f}% in {_years(last)}; "
        f"its odds grow by a factor of {np.exp(slope):.2f} in ten years.",
        f"The trend is {abs(slope) / error:.1f} standard errors from none, with {df} degrees of"
        " freedom.",
        brief=f"share up from {share.iloc[0]:.1f} to {share.iloc[-1]:.1f}%",
        korean=f"가장 작은 규모 구간의 비중은 {_years(first)}년 {share.iloc[0]:.1f}%에서"
        f" {_years(last)}년 {share.iloc[-1]:.1f}%로 올랐다.",
    )


@bears_on(
    "C79",
    question="Does the share of the smallest band ever fall, beyond chance?",
    part="steadily, by share",
    source=_TABLE,
    where=f"{_PAGE}#fig-share-over-time",
    would_change="a fall of the share between two periods that is larger than chance",
)
def share_never_falls() -> Finding:
    """Return whether any step of the share is a fall beyond its standard error."""
    steps = repair.repaired().steps()
    falls = steps[steps["change"] < 0]
    real = [
        period for period, row in falls.iterrows() if rules.direction(row["change"], row["se"]) < 0
    ]
    told = ", ".join(
        f"{abs(row['change']):.1f} points in {_years(period)} (standard error {row['se']:.1f})"
        for period, row in falls.iterrows()
    )
    return Finding(
        "against" if real else "supports",
        f"It falls in {len(falls)} of {len(steps)} steps: {told}."
        if len(falls)
        else "It never falls.",
        f"{len(real)} of the falls are larger than chance."
        if real
        else "None of the falls is larger than chance, so a steady rise is not ruled out.",
        brief=f"share falls in {len(falls)} of {len(steps)} steps, "
        f"{len(real) or 'none'} beyond chance",
        korean=f"비중은 {len(steps)}번의 변화 가운데 {len(falls)}번 줄었으나 "
        + (
            f"우연으로 보기 어려운 감소는 {len(real)}번이다."
            if real
            else "모두 우연의 범위 안에 있다."
        ),
    )


@bears_on(
    "C79",
    question="Does the yearly number of innovations of the smallest band ever fall, beyond chance?",
    part="steadily, by number",
    source=_TABLE,
    where=f"{_PAGE}#fig-innovations",
    would_change="a recount in which the last period has no fewer innovations a year than the one"
    " before",
)
def number_never_falls() -> Finding:
    """Return whether the innovations per year fall between two periods beyond Poisson variation."""
    table = repair.repaired()
    own, length = table.counts[table1.SMALLEST], table.years["length"]
    yearly = own / length
    real = [
        later
        for earlier, later in pairwise(own.index)
        if rules.ratio(own[later], own[earlier], length[later], length[earlier]) < 0
    ]
    return Finding(
        "against" if real else "supports",
        "The innovations of the smallest band a year were "
        + ", ".join(f"{value:.1f}" for value in yearly)
        + ", period by period.",
        f"The fall of {', '.join(map(_years, real))} is larger than chance."
        if real
        else "No fall is larger than chance.",
        brief="number a year up to the last period, then down" if real else "number never falls",
        korean="연평균 혁신 건수는 "
        + (
            f"{', '.join(map(_years, real))}년에 우연으로 보기 어려울 만큼 줄었다."
            if real
            else "한 번도 유의하게 줄지 않았다."
        ),
    )


def last_leads(low: int, high: float = float("inf"), together: bool = True) -> dict[str, int]:
    """Return whether the smallest band leads larger units in the last period, beyond chance.

    Parameters
    ----------
    low, high : float
        Limits in employees of the larger units.
    together : bool
        Take them together, or band by band.

    Returns
    -------
    dict of str to int
        1, 0 or -1 by the name of the units.
    """
    table = repair.repaired()
    last = table.n.index[-1]
    groups = [(low, high)]
    if not together:
        limits = map(table1.band_limits, table.shares)
        groups = [(a, b) for a, b in limits if low <= a and b <= high]
    found = {}
    for a, b in groups:
        row = table.leads(a, b).loc[last]
        name = f"{a:,}+" if b == float("inf") else f"{a:,}\N{EN DASH}{int(b):,}"
        found[f"{name} ({int(row['others'])})"] = rules.lead(row["own"], row["others"])
    return found


def _overtaking(leads: dict[str, int]) -> Finding:
    table = repair.repaired()
    last = table.n.index[-1]
    own = int(table.counts.at[last, table1.SMALLEST])
    found = {sign: [name for name, lead in leads.items() if lead == sign] for sign in (1, -1, 0)}
    words = {
        1: "ahead of units of {} employees",
        -1: "behind units of {} employees",
        0: "within chance of units of {} employees",
    }
    korean = {
        1: "종업원 {}인 구간보다 많다",
        -1: "종업원 {}인 구간보다 적다",
        0: "종업원 {}인 구간과의 차이는 우연의 범위 안에 있다",
    }
    told, told_korean = (
        ", ".join(form[sign].format("; ".join(names)) for sign, names in found.items() if names)
        for form in (words, korean)
    )
    return Finding(
        "against" if found[-1] else "undecided" if found[0] else "supports",
        f"In {_years(last)} the smallest band has {own} innovations, {told}.",
        "A lead counts if two counts so far apart are no chance (sign test).",
        brief=f"{own} innovations in {_years(last)}, {told}",
        korean=f"{_years(last)}년 혁신 건수는 {own}건으로, {told_korean}.",
    )


@bears_on(
    "C80",
    question="Do the smallest units lead each band of medium-sized ones in the last period?",
    part="medium-sized units, band by band",
    source=_TABLE,
    where=f"{_PAGE}#fig-overtaking",
    would_change="a recount in which a band of medium size has as many innovations",
)
def leads_each_medium_band() -> Finding:
    """Return whether the smallest band leads each band of 200 to 999 employees."""
    return _overtaking(last_leads(200, 999, together=False))


@bears_on(
    "C80",
    question="Do the smallest units lead all medium-sized ones together in the last period?",
    part="medium-sized units, together",
    source=_TABLE,
    where=f"{_PAGE}#fig-overtaking",
    would_change="a recount with a larger lead, or with none",
)
def leads_medium_units() -> Finding:
    """Return whether the smallest band leads units of 200 to 999 employees together."""
    return _overtaking(last_leads(200, 999))


@bears_on(
    "C80",
    question="Do the smallest units lead each band of large ones in the last period?",
    part="large units, band by band",
    source=_TABLE,
    where=f"{_PAGE}#fig-overtaking",
    would_change="a recount with a larger lead, or with none",
)
def leads_each_large_band() -> Finding:
    """Return whether the smallest band leads each band from 1,000 employees up."""
    return _overtaking(last_leads(1000, together=False))


@bears_on(
    "C80",
    question="Do the smallest units lead all large ones together in the last period?",
    part="large units, together",
    source=_TABLE,
    where=f"{_PAGE}#fig-overtaking",
    would_change="a recount in which the large have clearly fewer innovations, or clearly more",
)
def leads_large_units() -> Finding:
    """Return whether the smallest band leads units of 1,000 employees and more together."""
    return _overtaking(last_leads(1000))
