"""Is a small firm more innovative? Per firm, per employee of R&D performers, per employee of all.

Three rates by size of firm answer the question of the paper, and a rate needs a
denominator. The rate of innovators per firm comes from surveys of the US in five periods
and of Europe; R&D per employee from the US survey of R&D performers, divided once by the
employment of the performers and once by that of all firms of the size class.
"""

import numpy as np
import pandas as pd
from scipy import stats

from citablebook import data

from . import Finding, bears_on, rules

#: Firms with fewer employees are small: the limit of US statistics.
LIMIT = 500
#: Classes that the surveys of R&D and the register of firms have in common.
MERGED = {
    "10-19": ("10-19",),
    "20-99": ("20-49", "50-99", "20-99"),
    "100-499": ("100-249", "250-499", "100-499"),
    "500-999": ("500-999",),
    "1000-4999": ("1000-4999", "1000-2499", "2500-4999"),
    "5000-9999": ("5000-9999",),
    "10000+": ("10000-24999", "25000+", "10000+"),
}
PAGE = "three-denominators.html"


def lower_limit(size_class: str) -> int:
    """Return the smallest number of employees in a size class such as "10-19" or "25000+"."""
    return int(size_class.rstrip("+").split("-")[0])


def name_of(size_class: str) -> str:
    """Return a size class as it is printed: "1000-4999" with en dash and thousands apart."""
    limits = (f"{int(limit):,}" for limit in size_class.rstrip("+").split("-"))
    return "\N{EN DASH}".join(limits) + ("+" if size_class.endswith("+") else "")


def merged(frame: pd.DataFrame, by: str, values: list[str]) -> pd.DataFrame:
    """Return sums by `MERGED` size class; classes below ten employees are left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column `size_class`.
    by : str
        Column that stays a level of the index, such as the year.
    values : list of str
        Columns to add up.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by` and `size_class`, classes in order of size.
    """
    names = {old: new for new, parts in MERGED.items() for old in parts}
    kept = frame[frame["size_class"].isin(names)]
    sums = kept.assign(size_class=kept["size_class"].map(names)).groupby([by, "size_class"])
    total = sums[values].sum().astype(float)
    return total.sort_index(
        key=lambda level: level.map(lower_limit) if level.name == "size_class" else level
    )


def innovation_rates() -> pd.DataFrame:
    """Return the share of US companies that innovate (%), size classes by periods.

    Computed from the counts. What the agency flags is left out (not a number).
    """
    survey = data.load("us_innovation_by_size").query("size_class != 'all'")
    rate = (survey["innovating"] / survey["companies"] * 100).astype(float)
    table = survey.assign(rate=rate.where(survey["rate_flag"] == ""))
    wide = table.pivot(index="size_class", columns="period", values="rate")
    return wide.loc[survey["size_class"].unique()]


def rate_gaps() -> pd.Series:
    """Return by how many points 500 to 999 employees lead 1 to 4, by period.

    It is the largest class that no period flags against the smallest one.
    """
    rates = innovation_rates()
    unflagged = rates.dropna().index
    return rates.loc[unflagged[-1]] - rates.loc[unflagged[0]]


def country_rates() -> pd.DataFrame:
    """Return rates of innovation by size in Europe (%), a row per country, period and measure.

    Columns `small` and `large`: the smallest class of the survey and that of 250 employees
    and more; `gap`: their difference in percentage points.
    """
    rates = data.load("innovation_rates_by_size").query("size_class != 'all'")
    keys = ["country", "period", "measure"]
    wide = rates.pivot(index=keys, columns="size_class", values="rate")
    small = wide["10-49"].fillna(wide["10-249"])
    return pd.DataFrame({"small": small, "large": wide["250+"], "gap": wide["250+"] - small})


def rd_per_employee() -> pd.DataFrame:
    """Return US R&D per employee in thousand dollars, by year and merged size class.

    Columns `performers` (per employee of the companies that perform R&D) and `all_firms`
    (per employee of all firms of the class); years that both sources have.
    """
    rd = merged(data.load("us_rd_performers_by_size"), "year", ["rd", "employment"])
    jobs = merged(data.load("us_firms_and_jobs_by_size"), "year", ["employment"])["employment"]
    both = rd.join(jobs.rename("all_firms") / 1000, how="inner")
    return pd.DataFrame(
        {
            "performers": both["rd"] / both["employment"],
            "all_firms": both["rd"] / both["all_firms"],
            "share_employed_by_performers": both["employment"] / both["all_firms"] * 100,
        }
    )


def rd_ratios() -> pd.DataFrame:
    """Return R&D per employee of firms with 10 to 499 employees over that of larger ones, by year.

    Columns `performers` and `all_firms`, as in `rd_per_employee`.
    """
    rd = merged(data.load("us_rd_performers_by_size"), "year", ["rd", "employment"])
    jobs = merged(data.load("us_firms_and_jobs_by_size"), "year", ["employment"])["employment"]
    both = rd.join(jobs.rename("all_firms") / 1000, how="inner").reset_index()
    small = both["size_class"].map(lower_limit) < LIMIT
    parts = ["rd", "employment", "all_firms"]
    s, g = (both[side].groupby("year")[parts].sum() for side in (small, ~small))
    return pd.DataFrame(
        {
            "performers": (s["rd"] / s["employment"]) / (g["rd"] / g["employment"]),
            "all_firms": (s["rd"] / s["all_firms"]) / (g["rd"] / g["all_firms"]),
        }
    )


def share_of_small(table: str, value: str, by: str | None = None) -> pd.Series:
    """Return the share of firms below `LIMIT` in the sum of a column (%), by `by` or in one row."""
    frame = data.load(table).query("size_class != 'all'")
    group = frame[by] if by else pd.Series("all", index=frame.index)
    small = frame[value].where(frame["size_class"].map(lower_limit) < LIMIT, 0)
    return (small.groupby(group).sum() / frame[value].groupby(group).sum() * 100).astype(float)


def signs() -> dict[str, int]:
    """Return for each denominator who leads beyond sampling error: 1 large, -1 small, 0 neither."""
    gaps, ratios = rate_gaps(), np.log(rd_ratios())
    return {
        "firm": rules.across(gaps),
        "employee of R&D performers": -rules.across(ratios["performers"]),
        "employee of all firms": -rules.across(ratios["all_firms"]),
    }


def _gap_words(gaps: pd.Series) -> str:
    spread = interval(gaps)
    return f"{gaps.mean():.1f} percentage points on average ({spread[0]:.1f} to {spread[1]:.1f})"


def interval(values: pd.Series) -> tuple[float, float]:
    """Return the interval of a mean at the level of the rule `alpha`, by Student's t."""
    reach = float(stats.t.ppf(1 - rules.value("alpha") / 2, len(values) - 1)) * values.sem()
    return values.mean() - reach, values.mean() + reach


def _us_gap() -> str:
    return (
        "In five US periods from 2015-17 to 2020-22 companies with 500 to 999 employees innovate "
        f"more often than those with 1 to 4, by {_gap_words(rate_gaps())}."
    )


_US_GAP_KO = (
    "2015-17년부터 2020-22년까지 미국의 다섯 조사에서 종업원 500-999인 기업의 혁신 비율은 "
    "1-4인 기업보다 평균 {gap:.1f}퍼센트포인트 높다."
)


@bears_on(
    "C110",
    question="Is the likelihood of innovating unrelated to size in the US?",
    part="likelihood of innovating",
    source=("us_innovation_by_size",),
    where=f"{PAGE}#fig-denominators",
    same_time=False,
    would_change="rates of innovation that do not differ between size classes",
)
def no_relation_in_the_us() -> Finding:
    """Return whether US companies innovate as often whatever their size.

    The null is no difference between the smallest class and the largest unflagged one;
    the periods are the sample, so that sampling error and change over time are both in
    the spread (Student's t with four degrees of freedom). Periods overlap.
    """
    gaps = rate_gaps()
    return Finding(
        rules.outcome(rules.across(gaps), claimed=0),
        _us_gap(),
        "No relation would need rates that do not differ. A difference in rates is a "
        "correlation; it does not say that size is the cause.",
        brief=f"US: 500 to 999 employees innovate {gaps.mean():.0f} points more often than 1 to 4",
        korean=_US_GAP_KO.format(gap=gaps.mean()),
    )


@bears_on(
    "C3",
    question="Is the expectation that large firms innovate more a prejudice, per firm?",
    part="per firm",
    source=("us_innovation_by_size",),
    where=f"{PAGE}#fig-denominators",
    same_place=False,
    same_time=False,
    would_change="a rate of innovation that does not rise with size",
)
def expectation_per_firm() -> Finding:
    """Return whether small US companies innovate at least as often as larger ones."""
    return Finding(
        rules.outcome(rules.across(rate_gaps()), claimed=-1),
        _us_gap(),
        "What is expected of large firms is then borne out per firm, and no prejudice.",
        korean=_US_GAP_KO.format(gap=rate_gaps().mean()),
    )


def _european(country: str, measure: str | None = None) -> pd.DataFrame:
    rates = country_rates().loc[country]
    return rates.xs(measure, level="measure") if measure else rates


def _rates_words(rates: pd.DataFrame) -> str:
    return "; ".join(
        f"{index if isinstance(index, str) else index[0]}: {row.small:g}% of the small, "
        f"{row.large:g}% of the large"
        for index, row in rates.iterrows()
    )


@bears_on(
    "C110",
    question="Is the likelihood of innovating unrelated to size in the EU?",
    part="likelihood of innovating",
    source=("innovation_rates_by_size",),
    where=f"{PAGE}#table-countries",
    same_time=False,
    would_change="a Community Innovation Survey with equal rates",
)
def no_relation_in_the_eu() -> Finding:
    """Return whether enterprises in the EU innovate as often whatever their size.

    Two surveys with different measures; the null is a gap of zero (Student's t, df = 1).
    """
    rates = _european("EU")
    return Finding(
        rules.outcome(rules.across(rates["gap"]), claimed=0),
        f"In the EU, small meaning 10 to 49 employees, large 250 and more: {_rates_words(rates)}.",
        "No relation would need rates that do not differ.",
        brief=f"EU: 250 employees and more innovate {rates['gap'].mean():.0f} points more often",
        korean=f"유럽연합에서는 종업원 250인 이상 기업의 혁신 비율이 10-49인 기업보다 "
        f"{rates['gap'].mean():.1f}퍼센트포인트 높다.",
    )


@bears_on(
    "C111",
    question="Are smaller companies in the UK readier to innovate, per firm?",
    part="per firm",
    source=("innovation_rates_by_size",),
    where=f"{PAGE}#table-countries",
    same_time=False,
    would_change="a UK Innovation Survey in which the small innovate more often",
)
def readier_in_the_uk() -> Finding:
    """Return whether small UK businesses innovate more often than large ones (t, df = 1)."""
    rates = _european("UK")
    return Finding(
        rules.outcome(rules.across(rates["gap"]), claimed=-1),
        f"In the UK, small meaning 10 to 249 employees: {_rates_words(rates)}.",
        "Readier would need a higher rate among the smaller.",
        brief=f"UK: 250 employees and more innovate {rates['gap'].mean():.0f} points more often",
        korean=f"영국에서는 종업원 250인 이상 기업의 혁신 비율이 10-249인 기업보다 "
        f"{rates['gap'].mean():.1f}퍼센트포인트 높다.",
    )


@bears_on(
    "C3",
    "C111",
    question="Do small firms do more R&D per employee, among those that do R&D?",
    part="per employee of R&D performers",
    source=("us_rd_performers_by_size", "us_firms_and_jobs_by_size"),
    where=f"{PAGE}#fig-denominators",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="less R&D per employee among small performers than among large ones",
)
def per_employee_of_performers() -> Finding:
    """Return whether small R&D performers spend more on R&D per employee than large ones.

    The null is a ratio of one; its logarithm by year is the sample. The sample is selected:
    a small firm is in it because it does R&D.
    """
    ratio = rd_ratios()["performers"]
    return Finding(
        rules.outcome(rules.across(np.log(ratio)), claimed=1),
        "In the US, 2018 to 2021, R&D performers with 10 to 499 employees spent "
        f"{ratio.min():.2f} to {ratio.max():.2f} times as much on R&D per employee as larger ones.",
        "Among those that do R&D the smaller do more of it per employee; few small firms do any.",
        brief=f"US R&D performers, R&D per employee: the small {ratio.mean():.1f} times the large",
        korean=f"연구개발을 하는 미국 기업 가운데 종업원 10-499인 기업의 1인당 연구개발비는 "
        f"더 큰 기업의 {ratio.min():.2f}-{ratio.max():.2f}배이다.",
    )


@bears_on(
    "C3",
    "C111",
    question="Do small firms do more R&D per employee, all firms counted?",
    part="per employee of all firms",
    source=("us_rd_performers_by_size", "us_firms_and_jobs_by_size"),
    where=f"{PAGE}#fig-denominators",
    same_place=False,
    same_time=False,
    would_change="as much R&D per employee of all small firms as of all large ones",
)
def per_employee_of_all_firms() -> Finding:
    """Return whether small firms spend more on R&D per employee, with those that do none."""
    ratio = rd_ratios()["all_firms"]
    return Finding(
        rules.outcome(rules.across(np.log(ratio)), claimed=1),
        "In the US, 2018 to 2021, all firms with 10 to 499 employees together spent "
        f"{ratio.min():.2f} to {ratio.max():.2f} times as much on R&D per employee as larger ones.",
        "With all firms in the denominator the large do more.",
        brief=f"US R&D per employee of all firms: the small {ratio.mean():.2f} times the large",
        korean=f"모든 기업을 분모로 하면 종업원 10-499인 미국 기업의 1인당 연구개발비는 "
        f"더 큰 기업의 {ratio.min():.2f}-{ratio.max():.2f}배에 그친다.",
    )


@bears_on(
    "C90",
    question="Does one size lead whatever is divided by?",
    part="that it cannot be said",
    source=("us_innovation_by_size", "us_rd_performers_by_size", "us_firms_and_jobs_by_size"),
    where=f"{PAGE}#fig-denominators",
    same_time=False,
    would_change="one size in the lead with every denominator",
)
def sign_turns() -> Finding:
    """Return whether the answer to who innovates more turns with the denominator."""
    found = signs()
    decided = {sign for sign in found.values() if sign}
    outcome = "supports" if len(decided) > 1 else "undecided" if 0 in found.values() else "against"
    who = {1: "the large lead", -1: "the small lead", 0: "neither leads"}
    return Finding(
        outcome,
        "; ".join(f"Per {name} {who[sign]}" for name, sign in found.items()).replace("; P", "; p")
        + " (US).",
        "It cannot be said in general if the leader changes with the denominator. The reason "
        "that the claim gives, differences between technologies, is not tested here.",
        korean="기업, 연구개발 기업의 종업원, 전체 종업원 중 무엇으로 나누느냐에 따라 답이 다르다."
        if outcome == "supports"
        else "어느 분모로 나누어도 앞서는 쪽이 같다.",
    )


@bears_on(
    "C110",
    question="Do the measures agree on the direction in which size and innovation are related?",
    part="one direction by every measure",
    source=("us_innovation_by_size", "us_rd_performers_by_size", "us_firms_and_jobs_by_size"),
    where=f"{PAGE}#fig-denominators",
    same_time=False,
    selected=True,
    would_change="one size in the lead with every denominator",
)
def no_one_direction() -> Finding:
    """Return whether size and innovation are related in one direction by some and not by others.

    One of the measures is of R&D performers alone, so that the test is of a selected sample.
    """
    found = {sign for sign in signs().values() if sign}
    turns = len(found) > 1
    return Finding(
        "supports" if turns else "undecided",
        "Per firm, and per employee of all firms, the large lead in the US; per employee of R&D "
        "performers the small do."
        if turns
        else "The measures of the US do not lead in opposite directions beyond chance.",
        "A correlation that turns with the measure is not clear in this sense, though it is by "
        "each measure taken alone."
        if turns
        else "Nothing speaks for an unclear correlation.",
        brief="its direction turns with the measure"
        if turns
        else "its direction does not turn with the measure",
        korean="상관관계의 방향은 무엇으로 재느냐에 따라 바뀐다."
        if turns
        else "상관관계의 방향은 측정 방법에 따라 바뀌지 않는다.",
    )


@bears_on(
    "C74",
    question="Do most innovating companies belong to the small?",
    part="number of innovators",
    source=("us_innovation_by_size",),
    where=f"{PAGE}#fig-denominators",
    same_place=False,
    same_time=False,
    would_change="most innovating companies with 500 employees or more",
)
def number_of_innovators() -> Finding:
    """Return whether more than a majority of innovating US companies are small."""
    share = share_of_small("us_innovation_by_size", "innovating", "period")
    found = rules.across(share, null=rules.value("majority"))
    return Finding(
        rules.outcome(found, claimed=1),
        f"{share.mean():.1f}% of the innovating companies in the US have fewer than 500 employees.",
        "In number innovation does not belong to large firms, as nearly all firms are small.",
        korean=f"미국의 혁신 기업 가운데 {share.mean():.1f}%가 종업원 500인 미만이다.",
    )


@bears_on(
    "C74",
    question="Do large firms do most of the R&D?",
    part="amount of R&D",
    source=("us_rd_performers_by_size",),
    where=f"{PAGE}#fig-denominators",
    same_place=False,
    same_time=False,
    would_change="most R&D in companies below 500 employees",
)
def amount_of_rd() -> Finding:
    """Return whether small companies do most of the business R&D in the US (10 employees on)."""
    share = share_of_small("us_rd_performers_by_size", "rd", "year")
    found = rules.across(share, null=rules.value("majority"))
    return Finding(
        rules.outcome(found, claimed=1),
        f"Companies with 10 to 499 employees did {share.min():.1f} to {share.max():.1f}% of the "
        "R&D of US companies in 2018 to 2022.",
        "By amount of R&D innovation is mostly a matter of large firms.",
        korean=f"미국 기업 연구개발비에서 종업원 10-499인 기업의 몫은 "
        f"{share.min():.1f}-{share.max():.1f}%이다.",
    )


@bears_on(
    "C84",
    question="Do small companies have most of the patents of US companies that do R&D?",
    part="patents",
    source=("us_patents_by_size",),
    where=f"{PAGE}#fig-denominators",
    same_time=False,
    selected=True,
    would_change="most of the patents with small companies, or counts of innovations before 1982",
)
def patents_today() -> Finding:
    """Return whether R&D performers with 10 to 499 employees have most patents issued in 2022.

    Only a majority would speak for the claim: patents of companies leave out universities,
    of which it speaks too, and the year is four decades later, so that a minority does not
    decide against it.
    """
    share = share_of_small("us_patents_by_size", "issued")["all"]
    return Finding(
        "supports" if share > rules.value("majority") else "undecided",
        f"US R&D performers with 10 to 499 employees had {share:.1f}% of the patents issued to "
        "such companies in 2022.",
        "The figure leaves out universities and is of a much later time; a minority in it does "
        "not decide.",
        brief=f"small R&D performers have {share:.0f}% of company patents, 2022",
        korean=f"2022년 연구개발을 하는 미국 기업의 특허에서 종업원 10-499인 기업의 몫은 "
        f"{share:.1f}%이다.",
    )
