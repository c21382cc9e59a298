"""How long builds take, as ratios within one run.

Against execution off, against Jupyter Book as it comes, after small changes, for the PDF,
with more chapters. Works on a clone of the last commit. Times on a shared machine vary, so that
only the ratios are worth keeping; run it on a quiet one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: A chapter without claims, to be multiplied.
MODEL = "how-much-of-the-economy"
BUILD = [sys.executable, "-m", "citablebook", "build"]
UNEXECUTED = """
import os
from pathlib import Path
from citablebook import build, patches
os.environ.update(build.fixed_environment(Path.cwd()))
place, settings = Path("_build/off/html").resolve(), {"nb_execution_mode": "off"}
patches.build_jupyter_book(Path.cwd(), "html", place, build.JOBS, settings)
"""


def timed(command: list[str], folder: Path, pages: str = "_build/html") -> float:
    """Run a command and return its seconds; stop if it does not make a page of every chapter."""
    # The clone's own packages, not those that are installed.
    own = [folder, *sorted(folder.glob("packages/*/src"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, own))}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - start
    missing = [
        path.stem
        for path in (folder / "chapters").glob("*.md")
        if not (folder / pages / "chapters" / f"{path.stem}.html").exists()
    ]
    if missing or "Exception occurred" in done.stderr:
        raise SystemExit(
            f"{' '.join(command)} failed, without {', '.join(missing)}:\n{done.stderr[-2000:]}"
        )
    return seconds


def cold(folder: Path) -> float:
    """Return the seconds of a build from nothing, with no result kept."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return timed(BUILD, folder)


def unexecuted(folder: Path) -> float:
    """Return the seconds of the same pages without running a cell."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return timed([sys.executable, "-c", UNEXECUTED], folder, "_build/off/html")


def pdf(folder: Path) -> float:
    """Return the seconds of a PDF from nothing, which includes the web pages it is set from."""
    shutil.rmtree(folder / "_build", ignore_errors=True)
    return timed([*BUILD, "--builder", "pdf"], folder)


def edited(folder: Path, name: str, old: str, new: str) -> float:
    """Return the seconds of a build after a change."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise SystemExit(f"{name} no longer has {old!r}: adapt the benchmark")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return timed(BUILD, folder)


def add_chapters(folder: Path, first: int, last: int) -> None:
    """Add copies of one chapter, without its identifiers, under names of their own."""
    source = re.sub(
        r"^\([SPTF]-[^)]*\)=\n",
        "",
        (folder / "chapters" / f"{MODEL}.md").read_text(encoding="utf-8"),
        flags=re.M,
    )
    with (folder / "_toc.yml").open("a", encoding="utf-8") as contents:
        for number in range(first, last):
            name = f"more-{number}"
            (folder / "chapters" / f"{name}.md").write_text(
                re.sub("(?<=name: )(?=fig-|table-)", f"{name}-", source), encoding="utf-8"
            )
            contents.write(f"      - file: chapters/{name}\n")


def show(what: str, ratio: float, bound: float | None = None) -> None:
    """Print a ratio and whether it is within its bound."""
    verdict = (
        "" if bound is None else f"  (at most {bound}: {'met' if ratio <= bound else 'MISSED'})"
    )
    print(f"{what:<62}{ratio:6.2f}{verdict}", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "book"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        whole = cold(folder)
        print(f"cold build: {whole:.0f} s on {os.cpu_count()} cores", flush=True)
        show("nothing changed / cold", timed(BUILD, folder) / whole, 0.05)
        show(
            "one sentence / cold",
            edited(folder, "chapters/conclusions.md", "Two steps", "Two of the steps") / whole,
            0.15,
        )
        show(
            "one style rule / cold",
            edited(
                folder,
                "packages/citablebook/src/citablebook/static/book.css",
                "h1 { font-size: 2.1rem",
                "h1 { font-size: 2.2rem",
            )
            / whole,
        )
        show(
            "one CSV value / cold",
            edited(folder, "data/outside_figures.csv", ",4378,", ",4379,") / whole,
            0.4,
        )
        show("PDF, with its pages / cold", pdf(folder) / whole, 1.5)
        show("cold / the same pages with execution off", whole / unexecuted(folder), 3)
        shutil.rmtree(folder / "_build")
        show(
            "cold / jupyter-book build as it comes",
            whole / timed([str(BIN / "jupyter-book"), "build", "."], folder),
            0.6,
        )
        chapters, seconds = len(list((folder / "chapters").glob("*.md"))), {}
        for times in (1, 2, 4, 8):
            add_chapters(folder, chapters * max(times // 2 - 1, 0), chapters * (times - 1))
            seconds[times] = cold(folder)
            show(
                f"{times} times the chapters: time for each, against once",
                seconds[times] / times / seconds[1],
                1.2,
            )


if __name__ == "__main__":
    main()
