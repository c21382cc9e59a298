"""Numbers as printed, and what their rounding says of the counts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

LARGEST_COUNT = 10**9
MOST_DECIMALS = 6
ROUNDINGS = {
    "nearest": "rounded to nearest, halves either way",
    "half-up": "rounded to nearest, halves up",
    "half-even": "rounded to nearest, halves to the even digit",
    "truncated": "cut off after the last printed digit",
    "adjusted": "off by up to one in the last digit, as where they are adjusted to add up to 100",
}


@dataclass(frozen=True)
class PrintedNumber:
    """A number exactly as printed: "14.0" is 140 units of one decimal.

    Parameters
    ----------
    text : str
        The characters printed.
    units : int
        The value counted in units of its last printed digit.
    decimals : int
        How many decimals are printed.
    relation : str
        "<" where only an upper limit is printed ("<1"), ">" for a lower one.
    """

    text: str
    units: int
    decimals: int
    relation: str = ""

    @property
    def value(self) -> Fraction:
        """The printed value, exactly."""
        return Fraction(self.units, 10**self.decimals)

    @property
    def half_unit(self) -> Fraction:
        """Half a unit of the last printed digit: the most that rounding moves."""
        return Fraction(1, 2 * 10**self.decimals)

    @property
    def number(self) -> int | float | str:
        """The value as JSON writes it; the text where it is no number."""
        if self.relation:
            return self.text
        return float(self.value) if self.decimals else self.units

    @property
    def scale(self) -> int:
        """Half units in a whole: a share of `x` in `n` is `scale * x / n` half units."""
        return 200 * 10**self.decimals

    def ends(self, rounding: str = "nearest") -> tuple[int, int, int, int]:
        """Which shares are printed like this, in half units of the last digit.

        Returns
        -------
        low, high, above, below : int
            Ends of the interval, and 1 where the end itself is excluded.
        """
        middle = 2 * self.units
        if self.relation == "<":
            return 0, middle, 0, 1
        if self.relation == ">":
            return middle, self.scale, 1, 0
        if rounding == "truncated":
            return middle, middle + 2, 0, 1
        if rounding == "adjusted":
            return middle - 2, middle + 2, 0, 0
        strict = (0, 1) if rounding == "half-up" else (self.units % 2,) * 2
        if rounding == "nearest":
            strict = 0, 0
        # Whether 0 of 0 is printed as 0 is no matter of halves.
        return middle - 1, middle + 1, strict[0], strict[1] if self.units else 0

    def possible_counts(self, total: int, rounding: str = "nearest") -> tuple[int, int]:
        """Lowest and highest number of cases out of `total` that are printed as this percentage.

        The lowest exceeds the highest where no whole number of cases will do.
        Of no cases at all only 0 per cent is printed.
        """
        low, high, above, below = self.ends(rounding)
        if total == 0:
            return (0, 0) if self.units == 0 or self.relation == "<" else (1, 0)
        least = -((-low * total - above) // self.scale)
        return max(least, 0), min((high * total - below) // self.scale, total)

    def prints(self, count: int, total: int) -> bool:
        """Whether `count` out of `total` is printed as this percentage."""
        low, high = self.possible_counts(total)
        return low <= count <= high

    def rounded_share(self, count: int, total: int) -> Fraction:
        """`count` out of `total` in per cent, rounded half up to these decimals."""
        if total == 0:
            return Fraction(0)
        scale = 10**self.decimals
        return Fraction((200 * scale * count + total) // (2 * total), scale)

    def finer_share(self, count: int, total: int) -> str:
        """`count` out of `total` in per cent, with one decimal more than this one has."""
        finer = PrintedNumber("", 0, self.decimals + 1)
        return finer.show(finer.rounded_share(count, total))

    def show(self, value: Fraction | int) -> str:
        """Write another value with as many decimals as this one has."""
        units = int(Fraction(value) * 10**self.decimals)
        if not self.decimals:
            return str(units)
        return f"{units // 10**self.decimals}.{units % 10**self.decimals:0{self.decimals}d}"


def plain(value: Fraction | int) -> int | float:
    """A number as JSON writes it."""
    value = Fraction(value)
    return int(value) if value.denominator == 1 else float(value)
