"""When did policy turn to SMEs? Dates of statutes, constitutions and inquiries."""

import pandas as pd
from citablebook import data

from smebook.claim_tests import Finding, bears_on, rules

_PAGE = "policy-dates.html"
_EUROPE = ("Italy", "United Kingdom", "Germany")


def measures(*countries: str, before: int | None = None) -> pd.DataFrame:
    """Return measures in favour of SMEs, by year.

    Parameters
    ----------
    *countries : str
        Countries of `data/policy_chronology.csv`.
    before : int, optional
        Only those before this year.
    """
    frame = data.load("policy_chronology")
    frame = frame[frame["country"].isin(countries) & (frame["favours"] == "towards SMEs")]
    return (frame if before is None else frame[frame["year"] < before]).sort_values("year")


def _told(frame: pd.DataFrame) -> str:
    return "; ".join(f"{row.country} {row.year}: {row.instrument}" for row in frame.itertuples())


@bears_on(
    "C61",
    question="Did Korean policy for SMEs begin in the 1990s?",
    part="since the 1990s",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="evidence that the earlier laws stayed without effect",
)
def korean_policy_began_in_1990() -> Finding:
    """Return whether the first Korean measure is older than the date claimed, beyond the tolerance."""
    older = measures("Korea", before=1990 - int(rules.value("date_tolerance")))
    return Finding(
        "against" if len(older) else "supports",
        f"{len(older)} measures for SMEs are older: {_told(older)}."
        if len(older)
        else "No measure is older.",
        "The first is older than the 1990s by more than the tolerance."
        if len(older)
        else "Policy begins when the paper says.",
        brief=f"{len(older)} Korean measures are older: {', '.join(map(str, older['year']))}",
        korean=f"중소기업을 위한 법률·헌법 조항이 {len(older)}건 앞선다({', '.join(str(year) for year in older['year'])}년)."
        if len(older)
        else "1990년대보다 앞선 조치는 없다.",
    )


@bears_on(
    "C57",
    question="Did European policy turn to SMEs only from the beginning of the 1980s?",
    part="from the beginning of the 1980s",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="evidence that the earlier inquiries and laws changed nothing",
)
def european_policy_turned_in_1980() -> Finding:
    """Return whether European measures are older than the date claimed, beyond the tolerance."""
    older = measures(*_EUROPE, before=1980 - int(rules.value("date_tolerance")))
    return Finding(
        "against" if len(older) else "supports",
        f"{len(older)} measures are older: {_told(older)}."
        if len(older)
        else "No measure is older.",
        "They precede the 1980s by more than the tolerance."
        if len(older)
        else "Policy turns when the paper says.",
        korean=f"유럽의 중소기업 조치 {len(older)}건이 1980년대보다 앞선다({', '.join(str(year) for year in older['year'])}년)."
        if len(older)
        else "1980년대보다 앞선 조치는 없다.",
    )


@bears_on(
    "C45",
    question="Did policy for SMEs begin in the US before Europe?",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="a European law for SMEs before 1953",
)
def the_us_came_first() -> Finding:
    """Return whether the first US measure is older than the first European one."""
    us, europe = (measures(*countries).iloc[0] for countries in (("United States",), _EUROPE))
    return Finding(
        "supports" if us["year"] < europe["year"] else "against",
        f"The first measure in the US is of {us['year']} ({us['instrument']}), the first of the European ones here of {europe['year']} ({europe['country']}, {europe['instrument']}).",
        "The US came first." if us["year"] < europe["year"] else "Europe came first.",
    )


@bears_on(
    "C47",
    question="Were SMEs in the US protected by an act of 1953?",
    part="the Act of 1953",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="another date of the Act",
)
def the_act_is_of_1953() -> Finding:
    """Return whether the chronology has a US statute for small business in 1953."""
    acts = measures("United States")
    acts = acts[(acts["kind"] == "statute") & (acts["year"] == 1953)]
    return Finding(
        "supports" if len(acts) else "against",
        _told(acts) + "." if len(acts) else "No statute of 1953 is in the chronology.",
        "The Act is of that year." if len(acts) else "The Act is not of that year.",
    )


@bears_on(
    "C62",
    question="Did Korean law disregard SMEs during industrialisation?",
    part="attention in law",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="credit and public money by size of firm, 1961 to 1989",
)
def korean_law_disregarded_smes() -> Finding:
    """Return that measures on paper do not tell how much attention SMEs had, unless there were none."""
    older = measures("Korea", before=1990)
    return Finding(
        "undecided" if len(older) else "supports",
        f"{len(older)} measures for SMEs date from industrialisation, before 1990."
        if len(older)
        else "There was no measure for SMEs before 1990.",
        "Laws for SMEs and a preference for conglomerates can go together; money would tell.",
    )


@bears_on(
    "C58",
    question="Do Europe's science parks date from the 1980s?",
    part="science parks",
    source=("policy_chronology",),
    where=f"{_PAGE}#fig-policy-dates",
    would_change="a list of parks of which most are older or much younger",
)
def parks_are_of_the_1980s() -> Finding:
    """Return whether most of the European institutions in the chronology begin in the 1980s."""
    parks = measures(*_EUROPE)
    parks = parks[parks["kind"] == "institution"]
    share = 100 * parks["year"].between(1980, 1989).mean()
    told = "; ".join(f"{row.country} {row.year}: {row.event}" for row in parks.itertuples())
    return Finding(
        "supports" if share > rules.value("majority") else "against",
        f"{told}.",
        f"{share:.0f}% of these beginnings are of the 1980s.",
    )
