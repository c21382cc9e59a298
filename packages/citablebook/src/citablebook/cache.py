"""Results kept by what they depend on: on disk by content, in memory by the state of files."""

import contextlib
import functools
import hashlib
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from .paths import BUILD

Result = TypeVar("Result")


def while_unchanged(place: Path) -> Callable[[Callable], Callable]:
    """Return a decorator that remembers results until a file changes.

    Parameters
    ----------
    place : Path
        The file, or folder of files, that a result depends on; a path that the function is
        called with stands in its stead.
    """

    def decorate(function: Callable) -> Callable:
        results: dict = {}

        @functools.wraps(function)
        def remembered(*arguments):
            source = next((a for a in arguments if isinstance(a, Path)), place)
            files = sorted(source.rglob("*")) if source.is_dir() else [source]
            state = [(str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files if f.exists()]
            if arguments not in results or results[arguments][0] != state:
                results[arguments] = state, function(*arguments)
            return results[arguments][1]

        return remembered

    return decorate


def kept(
    name: str,
    depends_on: Iterable[Path],
    compute: Callable[[], Result],
    packages: Iterable[str] = ("numpy", "ortools", "pandas", "scipy", "statsmodels"),
    folder: Path = BUILD / "cache",
) -> Result:
    """Return a result from the disk, or compute and keep it.

    Parameters
    ----------
    name : str
        Name of the result.
    depends_on : iterable of Path
        Every file, of data and of code, whose change changes the result.
    compute : callable
        Makes the result.
    packages : iterable of str
        Packages on whose version it depends, beside Python's, as far as they are installed.
    folder : Path
        Where results are kept.
    """
    state = hashlib.sha256(f"{name} {sys.version}".encode())
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            state.update(f"{package} {version(package)}\0".encode())
    for path in sorted(depends_on):
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    place = folder / f"{name}-{state.hexdigest()[:24]}.pickle"
    try:
        checksum, content = place.read_bytes()[:64], place.read_bytes()[64:]
        if hashlib.sha256(content).hexdigest().encode() == checksum:
            return pickle.loads(content)
    except OSError:
        pass  # not kept yet
    result = compute()
    content = pickle.dumps(result)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
            part.write(hashlib.sha256(content).hexdigest().encode() + content)
        Path(part.name).replace(place)
    except OSError:
        pass  # a folder that cannot be written to costs time, not correctness
    return result
