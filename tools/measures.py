"""How readable the chapters' cells are, and how small the machine behind them is.

Prints one line a measure with its bound, and ends with status 1 if one is missed.
"""

from __future__ import annotations

import ast
import statistics
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

import jupytext

ROOT = Path(__file__).resolve().parent.parent
HIDING = {"remove-input", "remove-cell"}

#: Folder: the most lines of code that it may hold.
BUDGETS = {
    "smebook": 800,
    "packages/citablebook/src": 1900,
    "packages/grimtable/src": 2200,
}


@dataclass(frozen=True)
class Cell:
    """A code cell of a chapter.

    Attributes
    ----------
    chapter : str
        Name of the chapter's file.
    lines : int
        Lines of code, without blank lines and comments.
    shows : bool
        Whether it ends in an expression, and so has an output.
    hidden : bool
        Whether the page leaves its code out.
    """

    chapter: str
    lines: int
    shows: bool
    hidden: bool


def cells(chapter: Path) -> list[Cell]:
    """Return the code cells of a chapter."""
    found = []
    for cell in jupytext.read(chapter).cells:
        if cell.cell_type != "code":
            continue
        code = [
            line
            for line in cell.source.split("\n")
            if line.strip() and not line.lstrip().startswith("#")
        ]
        body = ast.parse(cell.source).body
        shows = bool(body) and isinstance(body[-1], ast.Expr)
        hidden = bool(HIDING & set(cell.metadata.get("tags", [])))
        found.append(Cell(chapter.name, len(code), shows, hidden))
    return found


def code_lines(path: Path) -> int:
    """Return the lines of a module that hold code: no blank lines, comments or docstrings."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    skipped |= {tokenize.ENCODING, tokenize.ENDMARKER}
    with path.open("rb") as file:
        lines = {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in skipped
            for line in range(token.start[0], token.end[0] + 1)
        }
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, holders) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def undocumented(folder: Path) -> list[str]:
    """Return the public functions and classes of a package that have no docstring."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = isinstance(node, (ast.FunctionDef, ast.ClassDef))
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                found.append(f"{path.relative_to(ROOT)}: {node.name}")
    return found


def main() -> int:
    """Measure, print, and return 1 if a bound is missed."""
    missed = 0

    def show(name: str, value: float | str, bound: str, good: bool) -> None:
        nonlocal missed
        missed += not good
        print(f"{'  ' if good else '! '}{name:<58}{value!s:>8}  {bound}")

    found = [cell for path in sorted((ROOT / "chapters").glob("*.md")) for cell in cells(path)]
    outputs = [cell for cell in found if cell.shows]
    short = [cell for cell in outputs if cell.lines <= 1]
    median = statistics.median(cell.lines for cell in outputs)
    show("code cells", len(found), "", True)
    show("cells with an output", len(outputs), "", True)
    show("median lines of a cell with an output", median, "at least 5", median >= 5)
    share = len(short) / len(outputs)
    show("one-liners among them", f"{share:.0%}", "at most 20%", share <= 0.2)
    hidden = sum(cell.hidden for cell in found)
    show("cells whose code the page leaves out", hidden, "none", not hidden)
    for folder, budget in BUDGETS.items():
        lines = sum(code_lines(path) for path in sorted((ROOT / folder).rglob("*.py")))
        show(f"lines of code in {folder}", f"{lines:,}", f"at most {budget:,}", lines <= budget)
    bare = [name for folder in BUDGETS for name in undocumented(ROOT / folder)]
    show("public names without a docstring", len(bare), "none", not bare)
    own = [p for p in ROOT.rglob("*.py") if not {".venv", "_build", "node_modules"} & set(p.parts)]
    long = sum(len(line) > 100 for p in own for line in p.read_text("utf-8").split("\n"))
    show("lines longer than 100 columns", long, "none", not long)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
