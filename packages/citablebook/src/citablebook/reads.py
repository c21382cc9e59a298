"""What a result was made from: files of the book that were read, and results of functions.

Every file of the book that Python opens for reading is noted, whoever opens it, in the
innermost recording. A result is as good as new while all that was noted has the same
digests. A function marked by `by_value` is noted by its result in place of its files, so
that a change which does not reach the result reaches nobody who uses it.
"""

import contextlib
import functools
import hashlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .inputs import UNREAD
from .paths import ROOT

#: Stands for what another program read, which is not seen.
UNSEEN = "*"
_PROGRAMS = {"subprocess.Popen", "os.system", "os.fork", "os.posix_spawn"}
_digests: dict[Path, tuple[tuple[int, int], str]] = {}


@dataclass(eq=False)
class Reads:
    """What something was made from.

    Attributes
    ----------
    files : dict of str to str
        Digests of files by their paths in the book.
    values : dict of str to str
        Digests of results of functions, by the function and its arguments.
    behind : dict of str to str
        The files that these results were made from: while none changes, no result does.
    """

    files: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    behind: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Reads") -> None:
        """Take what another one noted."""
        for name in ("files", "values", "behind"):
            getattr(self, name).update(getattr(other, name))

    def current(self, root: Path | None = None) -> bool:
        """Return whether all is as it was; results are computed where a file behind changed."""

        def same(files: dict[str, str]) -> bool:
            return all(digest((root or ROOT) / name) == known for name, known in files.items())

        if not same(self.files):
            return False
        if same(self.behind):
            return True
        with recorded() as now, contextlib.suppress(Exception):  # who uses it will tell
            for name in self.values:
                module, function, *arguments = json.loads(name)
                getattr(importlib.import_module(module), function)(*arguments)
        if now.values != self.values:
            return False
        self.behind = now.behind
        return True


_recordings = [Reads()]


def digest(path: Path) -> str:
    """Return a digest of the content of a file, "" if it cannot be read; this is not noted."""
    try:
        status = path.stat()
        state = status.st_mtime_ns, status.st_size
        if path not in _digests or _digests[path][0] != state:
            _digests[path] = state, ""  # by which `_watch` knows that it is opened for this
            _digests[path] = state, hashlib.sha256(path.read_bytes()).hexdigest()[:24]
    except OSError:
        _digests.pop(path, None)
        return ""
    return _digests[path][1]


def noted(path: Path) -> str:
    """Return the digest of a file, and note it as read."""
    known = digest(path)
    if name := own(str(path)):
        _recordings[-1].files[name] = known
    return known


def note(reads: Reads) -> None:
    """Note what a remembered result was made from, for whoever uses it."""
    _recordings[-1].add(reads)


@contextlib.contextmanager
def recorded() -> Iterator[Reads]:
    """Give what is noted meanwhile, which those around it learn only if it is noted again."""
    reads = Reads()
    _recordings.append(reads)
    try:
        yield reads
    finally:
        _recordings.remove(reads)


def by_value(function: Callable) -> Callable:
    """Have those who use a result depend on it, and not on all that it was made from.

    Parameters
    ----------
    function : callable
        Function of a module that takes texts; its result's `repr` says all of it.
    """

    @functools.wraps(function)
    def valued(*arguments: str) -> Any:
        with recorded() as reads:
            result = function(*arguments)
        name = json.dumps([function.__module__, function.__qualname__, *arguments])
        value = hashlib.sha256(repr(result).encode()).hexdigest()[:24]
        note(Reads({}, {name: value}, reads.files | reads.behind))
        return result

    return valued


def own(path: object) -> str:
    """Return the path of a file within the book, "" for what is no input of a build."""
    text = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
    if not text or text.endswith(".pyc") or "site-packages" in text:
        return ""
    for find in (os.path.abspath, os.path.realpath):
        whole = find(text)
        if whole.startswith(f"{ROOT}{os.sep}"):
            name = whole[len(str(ROOT)) + 1 :]
            unread = any(part[0] == "." or part in UNREAD for part in name.split(os.sep))
            return "" if unread else name
    return ""


def _watch(event: str, arguments: tuple) -> None:
    """Note a file that is opened for reading."""
    if event == "open":
        path, mode, flags = arguments
        written = flags & (os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else 0
        if not written and (name := own(path)) and (known := digest(ROOT / name)):
            _recordings[-1].files[name] = known
    elif event in _PROGRAMS:
        _recordings[-1].files[UNSEEN] = UNSEEN


def of_kernel() -> str:
    """Return as JSON what this process has read, the modules that it has loaded among it."""
    reads = _recordings[0]
    modules = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    reads.files |= {name: digest(ROOT / name) for name in filter(None, map(own, modules))}
    return json.dumps(asdict(reads))


sys.addaudithook(_watch)
