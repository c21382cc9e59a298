"""Does innovation grow in proportion to size? Elasticities of R&D and patents with respect to size."""

import pandas as pd
from citablebook import data
from scipy import stats

from smebook.claim_tests import Finding, bears_on, rules

#: Measures of size; R&D is none.
SIZES = ("sales", "employment", "capital")


def elasticities() -> pd.DataFrame:
    """Return the estimates whose regressor is a size of the firm, with `low` and `high` of their intervals."""
    frame = data.load("scaling_estimates")
    frame = frame[frame["size"].isin(SIZES)].copy()
    half = stats.norm.ppf(1 - rules.value("alpha") / 2) * frame["standard_error"]
    return frame.assign(low=frame["elasticity"] - half, high=frame["elasticity"] + half)


def by_data_set() -> pd.Series:
    """Return, per outcome and data set, on which side of proportion most of its estimates lie: -1, 0 or 1."""
    frame, null = elasticities(), rules.value("elasticity")
    side = (frame["low"] > null).astype(int) - (frame["high"] < null).astype(int)
    return side.groupby([frame["outcome"], frame["data"]]).agg(
        lambda sides: int(sides.mode().iloc[0]) if len(sides.mode()) == 1 else 0
    )


def _finding(outcome: str) -> Finding:
    sides, frame = by_data_set()[outcome], elasticities()
    frame = frame[frame["outcome"] == outcome]
    below, even, above = ((sides == side).sum() for side in (-1, 0, 1))
    null = rules.value("elasticity")
    return Finding(
        "supports" if even > below + above else "against" if below + above > even else "undecided",
        f"In {len(sides)} data sets the elasticities of {outcome} with size go from {frame['elasticity'].min():.2f} to {frame['elasticity'].max():.2f}; "
        f"most estimates of {below} of the sets lie below {null:g}, of {above} above, and of {even} the question is open or they hold {null:g}.",
        f"Unrelated means in proportion, an elasticity of {null:g}.",
        brief=f"elasticities of {outcome} {frame['elasticity'].min():.2f} to "
        f"{frame['elasticity'].max():.2f}",
        korean=f"기업 규모에 대한 {'특허' if outcome == 'patents' else '연구개발'}의 탄력성은 자료 {len(sides)}종에서 {frame['elasticity'].min():.2f}~{frame['elasticity'].max():.2f}다(비례하면 {null:g}).",
    )


@bears_on(
    "C110",
    question="Do patents grow in proportion to the size of firms?",
    part="patents, in proportion to size",
    source=("scaling_estimates",),
    where="scaling.html#fig-elasticities",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="samples that include firms without patents, with an elasticity of one",
)
def patents_in_proportion() -> Finding:
    """Return whether most data sets have patents grow in proportion to size."""
    return _finding("patents")


@bears_on(
    "C110",
    question="Does R&D grow in proportion to the size of firms?",
    part="R&D, in proportion to size",
    source=("scaling_estimates",),
    where="scaling.html#fig-elasticities",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="more data sets in which R&D grows faster or more slowly than size",
)
def rd_in_proportion() -> Finding:
    """Return whether most data sets have R&D grow in proportion to size."""
    return _finding("R&D")


@bears_on(
    "C113",
    question="Is innovation less than Schumpeterian: does it grow no faster than size?",
    part="no advantage that grows with size",
    source=("scaling_estimates",),
    where="scaling.html#fig-elasticities",
    same_place=False,
    same_time=False,
    selected=True,
    would_change="data in which R&D or patents grow faster than size",
)
def no_faster_than_size() -> Finding:
    """Return whether no data set has R&D or patents grow faster than in proportion to size."""
    found, frame, null = by_data_set(), elasticities(), rules.value("elasticity")
    above = int((frame["low"] > null).sum())
    return Finding(
        "against" if (found > 0).any() else "supports",
        f"Of {len(frame)} elasticities of R&D and patents with size, {above} lie above {null:g} "
        "beyond chance.",
        "An advantage of the large that grows with size would show in elasticities above it.",
    )
