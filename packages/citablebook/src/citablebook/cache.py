"""Results kept by what they depend on: on disk by content, in memory by the state of files."""

import contextlib
import functools
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, TypeVar

from . import reads
from .paths import BUILD

try:
    import fcntl
except ImportError:  # not on Windows, where two processes then compute the same
    fcntl = None  # type: ignore[assignment]

Result = TypeVar("Result")
version = functools.cache(metadata.version)


def _states(place: Path | str) -> list[tuple[str, int, int]]:
    """Return path, time of change and size of a file, or of the files in a folder."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        try:
            entries = os.scandir(place)
        except NotADirectoryError:
            status = os.stat(place)
            return [(str(place), status.st_mtime_ns, status.st_size)]
        for entry in entries:  # one call of the system each: this is asked thousands of times
            if entry.is_dir():
                found += _states(entry.path)
            else:
                status = entry.stat()
                found.append((entry.path, status.st_mtime_ns, status.st_size))
    return found


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
            state = _states(source)
            if arguments not in results or results[arguments][0] != state:
                with reads.recorded() as read:
                    results[arguments] = state, function(*arguments), read
            _, result, read = results[arguments]
            reads.note(read)
            return result

        return remembered

    return decorate


def kept(
    name: str,
    depends_on: Iterable[Path],
    compute: Callable[[], Result],
    packages: Iterable[str] = ("numpy", "ortools", "pandas", "scipy", "statsmodels"),
    folder: Path = BUILD / "cache",
) -> Result:
    """Return a result from the disk, or compute and keep it with the files that it read.

    Parameters
    ----------
    name : str
        Name of the result.
    depends_on : iterable of Path
        The code whose change changes the result.
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
        state.update(f"{path.name} {reads.noted(path)}\0".encode())
    place = folder / f"{name}-{state.hexdigest()[:24]}.pickle"
    with _alone(place.with_suffix(".lock")):
        with contextlib.suppress(OSError, ValueError):  # not kept yet, or damaged
            read, result = _read(place)
            if read.current():
                reads.note(read)
                return result
        with reads.recorded() as read:
            result = compute()
        _write(place, (read, result))
    reads.note(read)
    return result


def write_changed(place: Path, content: str) -> None:
    """Write a text file, unless it is there as it would be written."""
    encoded = content.encode()
    if not place.exists() or place.read_bytes() != encoded:
        place.write_bytes(encoded)


def _read(place: Path) -> Any:
    """Return what `_write` kept; a `ValueError` if the file is damaged."""
    whole = place.read_bytes()
    if hashlib.sha256(whole[64:]).hexdigest().encode() != whole[:64]:
        raise ValueError(f"{place} is damaged")
    return pickle.loads(whole[64:])


def _write(place: Path, result: object) -> None:
    """Keep a result with its checksum; where nothing can be written it costs time alone."""
    content = pickle.dumps(result)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as part:
            part.write(hashlib.sha256(content).hexdigest().encode() + content)
        Path(part.name).replace(place)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one process compute while others wait for what it keeps."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(lock.open("a"))
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)  # goes with the file or the process
        yield


@contextlib.contextmanager
def remembered(place: Path, state: str) -> Iterator[Callable[[str, bytes, Callable], Any]]:
    """Give a function that computes only what has changed since the last build.

    Parameters
    ----------
    place : Path
        File of the results, renewed at the end; what this build did not ask for is forgotten.
    state : str
        Digest of the code that computes; with another one nothing is remembered.

    Yields
    ------
    callable
        Of the name of a result, the bytes it is made from, and what makes it.
    """
    before: dict[str, tuple[str, object]] = {}
    with contextlib.suppress(OSError, ValueError):
        before = _read(place)
    now: dict[str, tuple[str, object]] = {}

    def result(name: str, source: bytes, compute: Callable[[], object]) -> object:
        digest = hashlib.sha256(state.encode() + b"\0" + source).hexdigest()
        known = before.get(name)
        now[name] = known if known and known[0] == digest else (digest, compute())
        return now[name][1]

    yield result
    _write(place, now)
