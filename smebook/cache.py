"""Results kept by the content of everything they depend on, so that they are never stale."""

import hashlib
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from smebook.paths import BUILD

Result = TypeVar("Result")


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
        part = place.with_suffix(f".{hashlib.sha256(str(id(result)).encode()).hexdigest()[:8]}.part")
        part.write_bytes(pickle.dumps(result))
        part.replace(place)
    except OSError:
        pass  # a folder that cannot be written to costs time, not correctness
    return result
