"""Tables printed from known counts, with rounding written independently of the package."""

import random
from fractions import Fraction

TOTAL, SHARE, COUNT = "total", "share", "n"


def printed_share(count, total, decimals=1, rounding="half-up"):
    """A percentage as text."""
    if not total:
        return f"{0:.{decimals}f}"
    units, rest = divmod(Fraction(100 * 10**decimals * count, total), 1)
    half = Fraction(1, 2)
    if rounding != "truncated" and (
        rest > half or (rest == half and (rounding == "half-up" or units % 2))
    ):
        units += 1
    text = str(units).rjust(decimals + 1, "0")
    return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text


def adjusted_shares(row, decimals=1):
    """Percentages whose last digits are adjusted, by largest remainders, to add up to 100."""
    n, scale = sum(row), 100 * 10**decimals
    exact = [Fraction(scale * c, n) for c in row]
    units = [int(x) for x in exact]
    for k in sorted(range(len(row)), key=lambda k: units[k] - exact[k])[: scale - sum(units)]:
        units[k] += 1
    return [f"{u // 10**decimals}.{u % 10**decimals:0{decimals}d}" for u in units]


def random_counts(seed, rows, columns, most):
    """A table of true counts, columns of different size."""
    generator = random.Random(seed)
    scale = [generator.choice([most, most, most // 3 + 1, 2]) for _ in range(columns)]
    return [[generator.randint(0, scale[j]) for j in range(columns)] for _ in range(rows)]


def cross_table(counts, decimals=1, rounding="half-up"):
    """A grid of texts: row percentages, n, total and share."""
    columns = range(len(counts[0]))
    totals = [sum(row[j] for row in counts) for j in columns]
    grid = [["period", *(f"b{j}" for j in columns), COUNT]]
    for i, row in enumerate(counts):
        grid.append(
            [f"r{i}", *(printed_share(c, sum(row), decimals, rounding) for c in row), str(sum(row))]
        )
    grid.append([TOTAL, *map(str, totals), str(sum(totals))])
    grid.append(
        [SHARE, *(printed_share(t, sum(totals), decimals, rounding) for t in totals), "100"]
    )
    return grid


def medical_table(counts, decimals=1):
    """A grid of texts: categories in rows, "n (%)" by group, sizes in the header, a total."""
    sizes = [sum(row) for row in counts]
    grid = [["", *(f"Arm {i} (n={n})" for i, n in enumerate(sizes)), f"Total (n={sum(sizes)})"]]
    for j in range(len(counts[0])):
        cells = [
            f"{row[j]} ({printed_share(row[j], n, decimals)})"
            for row, n in zip(counts, sizes, strict=True)
        ]
        every = sum(row[j] for row in counts)
        grid.append([f"c{j}", *cells, f"{every} ({printed_share(every, sum(sizes), decimals)})"])
    return grid


def text_of(grid, separator=","):
    """The grid as CSV."""
    return "\n".join(separator.join(line) for line in grid) + "\n"


def corrupted(grid, seed, number):
    """Replace digits of some printed values; return the grid and the places changed."""
    generator = random.Random(seed)
    rows, columns = len(grid) - 3, len(grid[0]) - 2
    places = [
        (i, j)
        for i in range(1, rows + 3)
        for j in range(1, columns + 2)
        if (i, j) != (rows + 2, columns + 1)
    ]
    grid = [list(line) for line in grid]
    changed = generator.sample(places, number)
    for i, j in changed:
        old = grid[i][j]
        while True:
            k = generator.choice([k for k, sign in enumerate(old) if sign.isdigit()])
            new = old[:k] + generator.choice("0123456789") + old[k + 1 :]
            if "." not in new:
                new = str(int(new))
            percentage = i != rows + 1 and j <= columns
            if new != old and (not percentage or float(new) <= 100):
                break
        grid[i][j] = new
    return grid, [(grid[i][0], grid[0][j]) for i, j in changed]
