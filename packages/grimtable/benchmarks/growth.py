"""How the time of an audit grows with the table and with the number of errors.

Run as `python packages/grimtable/benchmarks/growth.py`. Times are ratios to the smallest
table without errors, so that they compare between machines; each is the median
of several random tables, errors being printed digits replaced by others.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))



SIZES = ((3, 3), (5, 5), (8, 7), (12, 8), (15, 10))
ERRORS = (0, 1, 2, 3, 4)
REPEATS = 5
TIME_LIMIT = 30.0
TABLE_1 = Path(__file__).resolve().parents[3] / "data" / "innovation_share_by_size.csv"


def random_table(rows: int, bands: int, errors: int, seed: int) -> str:
    """CSV of a table with up to 120 cases a cell, one decimal, and so many wrong digits."""
    generator = random.Random(seed)
    counts = [[generator.randint(0, 120) for _ in range(bands)] for _ in range(rows)]
    totals = [sum(column) for column in zip(*counts, strict=True)]

    def shares(numbers: list[int]) -> list[str]:
        tenths = [int(Fraction(1000 * number, sum(numbers)) + Fraction(1, 2)) for number in numbers]
        return [f"{value // 10}.{value % 10}" for value in tenths]

    grid = [[f"row {i}", *shares(line), str(sum(line))] for i, line in enumerate(counts)]
    grid += [["total", *map(str, totals), str(sum(totals))], ["share", *shares(totals), "100"]]
    places = [(i, j) for i in range(rows + 2) for j in range(1, bands + 2) if (i, j) != (rows + 1, bands + 1)]
    for i, j in generator.sample(places, errors):
        digits = list(grid[i][j])
        digits[-1] = generator.choice([digit for digit in "0123456789" if digit != digits[-1]])
        grid[i][j] = "".join(digits)
    header = ["", *(f"band {j}" for j in range(bands)), "n"]
    return "\n".join(",".join(line) for line in [header, *grid])


def median_seconds(rows: int, bands: int, errors: int) -> tuple[float, bool]:
    """Median time, and whether every repair was proved."""
    seconds, proved = [], True
    for seed in range(REPEATS):
        table = parse_printed_table(random_table(rows, bands, errors, seed))
        start = time.perf_counter()
        result = audit(table, TIME_LIMIT)
        seconds.append(time.perf_counter() - start)
        proved = proved and result.repair.proved and result.repair.unique is not None
    return statistics.median(seconds), proved


def main() -> None:
    """Print the table of ratios."""
    audit(parse_printed_table(random_table(3, 3, 0, 0)))  # the solver's import is not what grows
    base, _ = median_seconds(*SIZES[0], 0)
    print("Time of an audit as a multiple of the smallest case (3 x 3, no errors)")
    print("* not everything proved within the time limit\n")
    print("rows x bands " + "".join(f"{f'{errors} errors':>12}" for errors in ERRORS))
    for rows, bands in SIZES:
        line = f"{f'{rows} x {bands}':<13}"
        for errors in ERRORS:
            seconds, proved = median_seconds(rows, bands, errors)
            line += f"{seconds / base:>11.1f}{' ' if proved else '*'}"
        print(line, flush=True)
    start = time.perf_counter()
    result = audit(read_printed_table(TABLE_1))
    ratio = (time.perf_counter() - start) / base
    print(f"\nTable 1 (8 x 7, {result.repair.minimum} errors): {ratio:.0f}")


if __name__ == "__main__":
    main()
