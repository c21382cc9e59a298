"""`python -m citablebook reproduce`: builds the last commit twice and compares every byte.

Differs, in the very process that builds: folder, time zone, locale, home, hash seed,
number of chapters read at once, and the clock, as far as Python's module `time` tells it.
Compares with the checksums of a release as well, if there are any.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: Where a release leaves its checksums.
CHECKSUMS = ("_build/release/CONTENTS.sha256", "CONTENTS.sha256")
CONDITIONS = [
    {
        "TZ": "Asia/Seoul",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "1",
        "JOBS": "1",
    },
    {
        "TZ": "America/New_York",
        "LC_ALL": "POSIX",
        "LANG": "ko_KR.UTF-8",
        "PYTHONHASHSEED": "4711",
        "JOBS": "2",
    },
]

#: Moves the clock of every Python that starts with it by 400 days. (The program faketime
#: would move it for all programs, but stops the waiting of several processes for one another.)
CLOCK = """import time
shift, now, local, universal = 400 * 86400, time.time, time.localtime, time.gmtime
time.time = lambda: now() + shift
time.localtime = lambda seconds=None: local(time.time() if seconds is None else seconds)
time.gmtime = lambda seconds=None: universal(time.time() if seconds is None else seconds)
"""


def environment(conditions: dict[str, str], home: Path, later: bool) -> dict[str, str]:
    """Return the environment of a build; a home with a changed clock is one that Python loads."""
    own = ("CITABLEBOOK", "SOURCE_DATE", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    settings = kept | conditions | {"HOME": str(home)}
    if later:
        (home / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
        settings["PYTHONPATH"] = str(home)
    return settings


def build(root: Path, folder: Path, conditions: dict[str, str], later: bool) -> Path:
    """Build HTML and PDF of the last commit in a folder; return its `_build`."""
    subprocess.run(["git", "clone", "--quiet", str(root), str(folder)], check=True)
    home = folder.parent / f"home of {folder.name}"
    home.mkdir()
    settings = environment(conditions, home, later)
    own = [str(path) for path in sorted(folder.glob("packages/*/src"))]
    before = settings.get("PYTHONPATH")
    settings["PYTHONPATH"] = os.pathsep.join([*own, *([before] if before else [])])
    command = [sys.executable, "-m", "citablebook", "build", "--as-is", "--builder", "pdf"]
    done = subprocess.run(
        [*command, "--jobs", conditions["JOBS"]],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"the build in {folder} failed:\n{done.stderr[-3000:]}")
    return folder / "_build"


def products(built: Path) -> dict[str, Path]:
    """Return every file of the book, by its path."""
    return {
        path.relative_to(built).as_posix(): path
        for part in ("html", "pdf")
        for path in sorted((built / part).rglob("*"))
        if path.is_file()
    }


def first_difference(one: dict[str, Path], other: dict[str, Path]) -> str:
    """Return the first difference between two sets of files in a sentence, or nothing."""
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            return f"{name} is only in the {'first' if name in one else 'second'} build"
        a, b = one[name].read_bytes(), other[name].read_bytes()
        if a != b:
            place = len(os.path.commonprefix([a, b]))
            around = slice(max(place - 40, 0), place + 40)
            return f"{name} differs from byte {place} on:\n  {a[around]!r}\n  {b[around]!r}"
    return ""


def against_checksums(files: dict[str, Path], listed: str) -> str:
    """Return the first file that differs from a release in a sentence, or nothing."""
    sums = {
        name: value for value, _, name in (line.partition("  ") for line in listed.splitlines())
    }
    for name, path in files.items():
        if name in sums and hashlib.sha256(path.read_bytes()).hexdigest() != sums[name]:
            return f"{name} differs from the release"
    missing = [name for name in sums if name.startswith(("html/", "pdf/")) and name not in files]
    return f"{missing[0]} of the release was not built" if missing else ""


def checksums(place: Path) -> str:
    """Return the checksums of a release: of its pages, and of its PDF from another list."""
    found = place.read_text(encoding="utf-8")
    beside = place.with_name("SHA256SUMS")
    lines = beside.read_text(encoding="utf-8").splitlines() if beside.exists() else []
    pdf = [line.partition("  ")[0] for line in lines if line.endswith(".pdf")]
    return found + "".join(f"{value}  pdf/book.pdf\n" for value in pdf)


def main(root: Path) -> int:
    """Build twice and compare; return 0 if all is the same."""
    with tempfile.TemporaryDirectory() as folder:
        builds = []
        names = ("one", "another folder with a longer name")
        for number, (name, conditions) in enumerate(zip(names, CONDITIONS, strict=True)):
            told = ", ".join(f"{key}={value}" for key, value in conditions.items())
            print(f"Build {number + 1} of 2: {told}", flush=True)
            built = build(root, Path(folder) / name, conditions, later=number == 1)
            builds.append(products(built))
        difference = first_difference(*builds)
        if difference:
            print(f"Not the same: {difference}", file=sys.stderr)
            return 1
        print(f"Identical: {len(builds[0])} files")
        for name in CHECKSUMS:
            if (root / name).exists():
                difference = against_checksums(builds[0], checksums(root / name))
                said = difference or f"The same as the release ({name})"
                print(said, file=sys.stderr if difference else sys.stdout)
                return 1 if difference else 0
    return 0
