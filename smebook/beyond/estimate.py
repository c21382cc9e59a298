"""Elasticities of innovation with respect to size: `python -m smebook.beyond.estimate` writes data/scaling_estimates.csv.

The table lies with the book, so that a reader's build needs neither the firm-level data
nor the time to fit. The tests fit every line anew and compare.

An elasticity of 0 means that innovation is unrelated to size, of 1 that it is
proportional. With counts of patents, Poisson regression with errors clustered by firm
needs only that the mean is right; the negative binomial model assumes more of the
variance and weights large firms less (Cameron and Trivedi 2013).
"""

import functools
import sys
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import pandas as pd
import statsmodels.api as sm

from smebook.beyond import firms
from citablebook.errors import BookError
from citablebook.paths import DATA

FILE = DATA / "scaling_estimates.csv"

#: Decimal places of the file.
DECIMALS = 4


@dataclass(frozen=True)
class Specification:
    """One line of the table.

    Attributes
    ----------
    data : str
        Name in `firms.READERS`.
    outcome : str
        "R&D" or "patents".
    size : str
        Measure of size: "sales", "capital", "employment" or "R&D".
    estimator : str
        "least squares" of log R&D, "Poisson" or "negative binomial".
    effects : str
        "none", or "industry and year" for a constant by industry and by year.
    errors : str
        "conventional", "HC3" or "clustered by firm".
    sample : str
        "all firms", or "larger half": firms whose mean size is above the median.
    """

    data: str
    outcome: str
    size: str
    estimator: str
    effects: str = "none"
    errors: str = "clustered by firm"
    sample: str = "all firms"

    @property
    def id(self) -> str:
        """Name of the line."""
        words = [
            self.data,
            self.outcome,
            self.size,
            self.estimator,
            self.effects,
            self.errors if self.errors != "clustered by firm" else "",
            self.sample if self.sample != "all firms" else "",
        ]
        return "_".join(filter(None, words)).lower().replace("&", "").replace(" ", "_")


def specifications() -> list[Specification]:
    """Return every line of the table in its order."""
    effects, counts = ("none", "industry and year"), ("Poisson", "negative binomial")
    found = [
        Specification(data, "R&D", "sales", "least squares", "none", errors)
        for data, errors in product(("rdchem", "rdtelec"), ("conventional", "HC3"))
    ]
    found += [
        Specification("PatentsHGH", "R&D", "capital", "least squares", effect) for effect in effects
    ]
    found += [
        Specification("InstInnovation", "R&D", "employment", "Poisson", effect)
        for effect in effects
    ]
    for data, size in (
        ("PatentsHGH", "capital"),
        ("InstInnovation", "employment"),
        ("InstInnovation", "sales"),
    ):
        found += [
            Specification(data, "patents", size, estimator, effect)
            for effect, estimator in product(effects, counts)
        ]
        if size != "sales":
            found += [
                Specification(data, "patents", size, estimator, effects[1], sample="larger half")
                for estimator in counts
            ]
    found += [
        Specification(data, "patents", "R&D", estimator, effect)
        for data, effect, estimator in product(("PatentsHGH", "PatentsRD"), effects, counts)
    ]
    return found


@functools.cache
def _data(name: str) -> pd.DataFrame:
    return firms.READERS[name]()


def design(specification: Specification) -> tuple[pd.Series, pd.DataFrame, np.ndarray]:
    """Return outcome, regressors (constant first, log size second) and the firm of each row."""
    frame = _data(specification.data)
    size = "log_" + specification.size.replace("&", "").lower()
    if specification.sample == "larger half":
        means = frame.groupby("firm")[size].mean()
        frame = frame[frame["firm"].map(means) > means.median()]
    outcome = frame[
        "patents" if specification.outcome == "patents" else "rd" if "rd" in frame else "log_rd"
    ].astype(float)
    if specification.estimator == "least squares" and outcome.name == "rd":
        outcome = np.log(outcome)
    columns = [pd.Series(1.0, frame.index, name="constant"), frame[size].astype(float)]
    if specification.effects == "industry and year":
        # An industry without any patent tells nothing of the slope, and has no finite constant.
        seen = outcome.abs().groupby(frame["industry"]).transform("sum") > 0
        frame, outcome, columns = frame[seen], outcome[seen], [column[seen] for column in columns]
        columns += [
            pd.get_dummies(frame[name], prefix=name, drop_first=True, dtype=float)
            for name in ("industry", "year")
        ]
    return outcome, pd.concat(columns, axis=1), pd.factorize(frame["firm"])[0]


def fit(specification: Specification) -> dict[str, object]:
    """Fit one line.

    Returns
    -------
    dict
        The columns of the file: elasticity with its standard error and 95 % interval,
        `dispersion` (Pearson statistic by degree of freedom) of a Poisson regression,
        `r_squared` and `f_statistic` of least squares.

    Raises
    ------
    BookError
        If the iterations do not converge.
    """
    outcome, regressors, firm = design(specification)
    size = regressors.columns[1]
    errors = {"conventional": {"cov_type": "nonrobust"}, "HC3": {"cov_type": "HC3"}}.get(
        specification.errors, {"cov_type": "cluster", "cov_kwds": {"groups": firm}}
    )
    line = (
        {"id": specification.id}
        | asdict(specification)
        | {"observations": len(outcome), "firms": len(np.unique(firm))}
    )
    extra = {"r_squared": None, "f_statistic": None, "dispersion": None}
    if specification.estimator == "least squares":
        model = sm.OLS(outcome, regressors).fit(use_t=True, **errors)
        extra["r_squared"] = model.rsquared
        if specification.errors == "conventional":
            extra["f_statistic"] = model.fvalue
    else:
        model = sm.GLM(outcome, regressors, family=sm.families.Poisson()).fit(**errors)
        extra["dispersion"] = model.pearson_chi2 / model.df_resid
        converged = model.converged
        if specification.estimator == "negative binomial":
            extra["dispersion"] = None
            start = np.append(model.params, 1.0)
            model = sm.NegativeBinomial(outcome, regressors).fit(
                start_params=start, method="bfgs", maxiter=3000, gtol=1e-7, disp=0, **errors
            )
            converged = model.mle_retvals["converged"]
        if not converged:
            raise BookError(f"{specification.id}: the iterations did not converge")
    low, high = model.conf_int().loc[size]
    return (
        line
        | {
            "elasticity": model.params[size],
            "standard_error": model.bse[size],
            "low": low,
            "high": high,
        }
        | extra
    )


def table() -> pd.DataFrame:
    """Return every line of the table, fitted."""
    return pd.DataFrame([fit(specification) for specification in specifications()])


def main() -> int:
    """Fit all and write the file."""
    try:
        frame = table()
    except BookError as error:
        print(error, file=sys.stderr)
        return 2
    frame.to_csv(FILE, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
    print(f"{len(frame)} estimates written to data/{FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
