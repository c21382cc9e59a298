"""Results kept by everything they depend on, so that they are never stale: on disk by content, in memory by the state of files."""

import functools
import hashlib
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from .paths import BUILD

Result = TypeVar("Result")


def while_unchanged(place: Path) -> Callable[[Callable], Callable]:
    """Return a decorator that remembers results until a file changes, so that a cell run again sees an edited file.

    Parameters
    ----------
    place : Path
        A file, or a folder of files.
    """

    def decorate(function: Callable) -> Callable:
        results: dict = {}

        @functools.wraps(function)
        def remembered(*arguments):
            files = sorted(place.iterdir()) if place.is_dir() else [place]
            state = tuple(
                (file.name, file.stat().st_mtime_ns, file.stat().st_size)
                for file in files
                if file.exists()
            )
            if results.get("state") != state:
                results.clear()
                results["state"] = state
            if arguments not in results:
                results[arguments] = function(*arguments)
            return results[arguments]

        return remembered

    return decorate


def kept(name: str, depends_on: Iterable[Path], compute: Callable[[], Result]) -> Result:
    """Return a result from the cache, or compute and keep it.

    Parameters
    ----------
    name : str
        Name of the result.
    depends_on : iterable of Path
        Every file, of data and of code, whose change changes the result.
    compute : callable
        Makes the result.
    """
    state = hashlib.sha256(name.encode())
    for path in sorted(depends_on):
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    place = BUILD / "cache" / f"{name}-{state.hexdigest()[:24]}.pickle"
    try:
        return pickle.loads(place.read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError):
        pass  # not kept, or not readable: compute it
    result = compute()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(
            f".{hashlib.sha256(str(id(result)).encode()).hexdigest()[:8]}.part"
        )
        part.write_bytes(pickle.dumps(result))
        part.replace(place)
    except OSError:
        pass  # a folder that cannot be written to costs time, not correctness
    return result
