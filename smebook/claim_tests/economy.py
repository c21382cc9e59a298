"""How much of the economy do SMEs have? Shares of firms, jobs and output, each with its base."""

import pandas as pd

from citablebook import data, from_cell
from smebook.claim_tests import rules, sizes

#: What counts as output, whichever of them a country publishes.
OUTPUT = ("sales", "value added", "GDP")


def what_smes_have() -> pd.DataFrame:
    """Return the shares of SMEs, published and computed, by country, year and what is divided.

    Returns
    -------
    pandas.DataFrame
        `country`, `year`, `of` ("firms", "jobs" or "output"), `measure`, `share` (%),
        `base`, `definition`.
    """
    us_firms, measures = data.load("us_firms_and_jobs_by_size"), ("firms", "employment")
    us = pd.DataFrame({name: sizes.share_of_small(us_firms, name, "year") for name in measures})
    us = us.melt(var_name="measure", value_name="share", ignore_index=False).reset_index()
    us = us.assign(
        country="US",
        base="private sector with employees, without farms",
        definition=f"fewer than {sizes.LIMIT} employees",
    )
    frame = pd.concat([data.load("sme_shares"), us], ignore_index=True)
    frame = frame.astype({"year": int, "share": float})
    kinds = {"firms": "firms", "employment": "jobs"} | dict.fromkeys(OUTPUT, "output")
    frame["of"] = frame["measure"].map(kinds)
    return frame[["country", "year", "of", "measure", "share", "base", "definition"]]


def latest(of: str) -> pd.DataFrame:
    """Return the latest share of every country, by country, of "firms", "jobs" or "output"."""
    frame = what_smes_have()
    frame = frame[frame["of"] == of].sort_values("year")
    return frame.groupby("country").tail(1).set_index("country")


def shares(country: str, measure: str) -> pd.Series:
    """Return the published shares of SMEs in a country by year, in per cent."""
    frame = data.load("sme_shares")
    found = frame[(frame["country"] == country) & (frame["measure"] == measure)]
    return found.set_index("year")["share"].sort_index()


def share_of_all_gdp() -> float:
    """Return small business's share of all US gross domestic product in 2014, in per cent."""
    amounts = data.load("us_gdp_2014").set_index("id")["amount"]
    return float(100 * amounts["small_business"] / amounts["all"])


def _half(share: float) -> tuple[int, dict]:
    """Return 1 if a share is around half, else -1, with the rule's tolerance."""
    tolerance = rules.value("around_half")
    return 1 if abs(share - 50) <= tolerance else -1, {"share": share, "tolerance": tolerance}


def private_output() -> tuple[int, dict]:
    """Measure whether the share nearest to the year of the work cited (2005) is around half."""
    series = shares("US", "GDP")
    year = min(series.index, key=lambda other: abs(int(other) - 2005))
    sign, figures = _half(series[year])
    told = ", ".join(f"{value:g}% in {when}" for when, value in series.items())
    return sign, figures | _span(series) | {"told": told, "year": year, "limit": sizes.LIMIT}


def _span(series: pd.Series) -> dict:
    """Return the ends of a series by year, and its extremes."""
    return {
        "first": series.index[0],
        "last": series.index[-1],
        "start": series.iloc[0],
        "end": series.iloc[-1],
        "least": series.min(),
        "most": series.max(),
    }


def all_output() -> tuple[int, dict]:
    """Measure whether small business's share of all output is around half."""
    return _half(share_of_all_gdp())


def korean_companies() -> tuple[int, dict]:
    """Measure whether SMEs' share of Korean companies is at least the stated one in all years."""
    series, claimed = (
        shares("Korea", "firms"),
        from_cell("stated_numbers", "korea_sme_share", "value"),
    )
    figures = _span(series) | {"count": len(series), "claimed": float(claimed)}
    span = dict.fromkeys(f"{figures[end]:g}" for end in ("least", "most"))
    holds = (series >= float(claimed)).all()
    return 1 if holds else -1, figures | {"span": " to ".join(span)}


def korean_jobs() -> tuple[int, dict]:
    """Measure whether SMEs have more than half of Korea's employment in all years."""
    series, sales = shares("Korea", "employment"), shares("Korea", "sales")
    figures = _span(series) | {"least_sales": sales.min(), "most_sales": sales.max()}
    return 1 if (series > rules.value("majority")).all() else -1, figures


def around_half_or_more(of: str, *countries: str) -> tuple[int, dict]:
    """Measure in how many countries SMEs have around half, or more, of jobs or output.

    1 if in all, 0 if in some. For Italy the European Union stands.
    """
    figures = latest(of).loc[list(countries), "share"].sort_values()
    least = 50 - rules.value("around_half")
    enough = figures >= least
    told = ", ".join(f"{share:.1f}% in {_named(country)}" for country, share in figures.items())
    return 1 if enough.all() else 0 if enough.any() else -1, {
        "of": of,
        "told": told,
        "least": least,
        "enough": int(enough.sum()),
        "count": len(enough),
    }


def _named(country: str) -> str:
    return country if country in ("Korea", "Taiwan") else f"the {country}"


def kinds_of_definitions() -> tuple[int, dict]:
    """Measure whether some definitions count employees or persons and others do not."""
    frame = data.load("sme_shares")
    frame = frame[frame["definition"].str.contains("national") | (frame["country"] != "Korea")]
    by_employees = frame["definition"].str.contains("employe").groupby(frame["country"]).all()
    with_, without = (sorted(by_employees.index[by_employees == flag]) for flag in (True, False))
    return 1 if with_ and without else -1, {
        "by_employees": ", ".join(map(_named, with_)) or "none",
        "otherwise": ", ".join(map(_named, without)) or "none",
    }


def korea_below_taiwan() -> tuple[int, dict]:
    """Measure whether Korea's shares are lower, which its wider definition does not explain."""
    found = {
        measure: (shares("Korea", measure), shares("Taiwan", measure))
        for measure in ("firms", "employment", "sales")
    }
    year = max(set(found["sales"][0].index) & set(found["sales"][1].index))
    told = ", ".join(
        f"{korea[year]:.1f}% of {measure} in Korea and {taiwan[year]:.1f}% in Taiwan"
        for measure, (korea, taiwan) in found.items()
    )
    lower = [found[m][0][year] < found[m][1][year] for m in ("employment", "sales")]
    return 1 if all(lower) else 0, {"year": year, "told": told}
