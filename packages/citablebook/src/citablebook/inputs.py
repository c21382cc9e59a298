"""Whether a build would make what is there already: a digest of all that it reads.

Everything in the book's folder counts but what no build reads: hidden folders, `_build`,
installed modules, tests and benchmarks. So do this package, the versions of all packages
that are installed, and the settings that reach the build from outside.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

#: Folders, wherever they lie, whose files have no part in the book.
UNREAD = {"_build", "node_modules", "tests", "benchmarks", "__pycache__"}
#: What reaches a build from its environment.
VARIABLES = ("SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "TZ", "LC_ALL")


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that a build may read, in a fixed order."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            environment = (entry / "pyvenv.cfg").exists()
            if entry.name not in UNREAD and not environment:
                yield from files(entry)
        elif entry.is_file():
            yield entry


def state(root: Path, settings: dict) -> str:
    """Return a digest of all that a build of a book reads.

    Parameters
    ----------
    root : Path
        Folder of the book.
    settings : dict
        What the command line sets.
    """
    # The folder of what is installed has its name and version.
    folders = [Path(folder) for folder in sys.path if folder]
    packages = sorted(one.name for folder in folders for one in folder.glob("*.*-info"))
    variables = {name: os.environ.get(name) for name in VARIABLES}
    known = json.dumps([sys.version, str(root), packages, variables, settings])
    digest = hashlib.sha256(known.encode())
    for folder in (root, Path(__file__).resolve().parent):
        for path in files(folder):
            digest.update(f"\0{path}\0".encode(errors="surrogateescape"))
            digest.update(path.read_bytes())
    return digest.hexdigest()


def result(folder: Path) -> str:
    """Return a digest of names, sizes and times of the files of a finished book."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
