"""The rules by which a figure becomes an outcome; parameters in `data/judgement_rules.csv`.

A rule is a sentence that a reader can dispute, and most have a parameter: the level at
which sampling error is told from a difference, how far "around half" reaches. Tests of
claims take the parameters from here, so that the sensitivity of the judgements to each
of them can be computed by running the same tests with another value.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from scipy import stats

from citablebook import data
from citablebook.cache import while_unchanged
from citablebook.paths import DATA

TABLE = "judgement_rules"
_varied: dict[str, float] = {}
_read: set[str] = set()


def value(rule: str) -> float:
    """Return the parameter of a rule.

    Parameters
    ----------
    rule : str
        Id of a row of `data/judgement_rules.csv`.

    Raises
    ------
    ValueError
        If there is no such rule, or it has no parameter.
    """
    _read.add(rule)
    parameters = _parameters() | _varied
    if rule not in parameters:
        raise ValueError(
            f"'{rule}' is no rule with a parameter: data/{TABLE}.csv has {', '.join(parameters)}"
        )
    return float(parameters[rule])


@while_unchanged(DATA / f"{TABLE}.csv")
def _parameters() -> dict[str, float]:
    """Return the parameters of the rules that have one."""
    return data.load(TABLE).set_index("id")["value"].dropna().to_dict()


@contextmanager
def varied(**parameters: float) -> Iterator[None]:
    """Give rules other parameters for a while: for the sensitivity of the judgements.

    Parameters
    ----------
    **parameters : float
        New parameters by the rule's id.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    before = _varied.copy()
    for rule in parameters:
        value(rule)
    _varied.update(parameters)
    try:
        yield
    finally:
        _varied.clear()
        _varied.update(before)


@contextmanager
def recorded() -> Iterator[set[str]]:
    """Give the set of rules whose parameters are read meanwhile."""
    _read.clear()
    yield _read


def direction(
    estimate: float, standard_error: float, df: float = float("inf"), null: float = 0.0
) -> int:
    """Return on which side of the null an estimate lies, beyond sampling error.

    Parameters
    ----------
    estimate, standard_error : float
        In the same unit.
    df : float
        Degrees of freedom of the standard error; infinity for the normal distribution.
    null : float
        Value under the null hypothesis.

    Returns
    -------
    int
        1 above, -1 below, 0 if the two-sided test at the level `alpha` does not reject.
    """
    distance = estimate - null
    quantile = float(stats.t.ppf(1 - value("alpha") / 2, df))
    if abs(distance) <= quantile * standard_error:
        return 0
    return 1 if distance > 0 else -1


def lead(first: float, second: float, first_base: float = 1, second_base: float = 1) -> int:
    """Return which of two counts is the larger by its base, beyond chance.

    The exact conditional test that two Poisson rates are equal (Przyborowski and
    Wilenski, 1940): given their sum, the first count is binomial with the share of its
    base. Without bases it is the sign test (or McNemar's).

    Parameters
    ----------
    first, second : float
        Counts; rounded to whole events.
    first_base, second_base : float
        What they are counted over, for example years or thousands of employees.

    Returns
    -------
    int
        1 if the first leads, -1 if the second, 0 if the difference is within chance.
    """
    a, b = round(first), round(second)
    share = first_base / (first_base + second_base)
    if a + b == 0 or stats.binomtest(a, a + b, share).pvalue > value("alpha"):
        return 0
    return 1 if a / first_base > b / second_base else -1


def across(estimates: Sequence[float], null: float = 0.0) -> int:
    """Return on which side of the null repeated estimates lie, beyond their own spread.

    Student's t test of the mean of the estimates, for example of the same difference in
    several surveys or years; two estimates at least are needed, for one shows no spread.
    """
    if len(estimates) < 2:
        return 0
    mean, standard_error = float(np.mean(estimates)), float(stats.sem(estimates))
    return direction(mean, standard_error, len(estimates) - 1, null)


def order(values: Sequence[float]) -> int:
    """Return whether values rise (1) or fall (-1) along their order, such as by class of size.

    Kendall's rank correlation with the order, two-sided and exact; 0 if it is within chance.
    """
    test = stats.kendalltau(np.arange(len(values)), np.asarray(values, dtype=float))
    return 0 if not test.pvalue <= value("alpha") else 1 if test.statistic > 0 else -1
