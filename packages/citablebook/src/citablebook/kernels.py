"""Kernels of chapters, forked from one process that has imported what most of them use.

Every chapter runs in a kernel of its own, and importing pandas, Altair and the like takes
longer than most chapters compute. Where processes can be forked safely, which is on
Linux, a build starts one process that imports the packages of `citablebook_preload` and
becomes a kernel whenever one is asked for. Elsewhere kernels start as ever.
"""

import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .patches import import_quickly, launch_kernels_by

#: Chapters to read from which on it pays to import everything once.
FEW = 4


class Forked:
    """A kernel that is no child of this process, with what Jupyter uses of a `Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int):
        self.pid = pid

    def poll(self) -> int | None:
        """Return 0 when it has ended, whatever its status was; None before."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        end = time.monotonic() + (timeout or float("inf"))
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return 0

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def fork(address: str, command: list[str], folder: str, environment: dict) -> Forked | None:
    """Ask for a kernel; None if the process that makes them is not there or is another Python."""
    if command[:3] != [sys.executable, "-m", "ipykernel_launcher"]:
        return None
    request = {"arguments": command[2:], "folder": folder, "environment": environment}
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as link:
        link.connect(address)
        link.sendall(json.dumps(request).encode())
        link.shutdown(socket.SHUT_WR)
        return Forked(int(link.makefile().read()))
    return None


def become(request: dict, link: socket.socket) -> None:
    """Become a kernel, in a session of its own, as Jupyter starts them."""
    os.setsid()
    link.sendall(str(os.getpid()).encode())
    link.close()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"] | {"JPY_PARENT_PID": str(os.getppid())})
    sys.argv = request["arguments"]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def serve(socket_number: int, modules: list[str]) -> None:
    """Make kernels until the build ends, which is when standard input does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # kernels that end leave nothing behind
    for name in ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", *modules):
        with contextlib.suppress(ImportError):  # a chapter that needs it says so
            import_quickly(name)
    # What the press knows of folders, a kernel has to find out in its own.
    for name in [name for name in sys.modules if name.partition(".")[0] == "citablebook"]:
        sys.modules.pop(name)
    listener = socket.socket(fileno=socket_number)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        link, _ = listener.accept()
        request = json.loads(link.makefile().read())
        if os.fork() == 0:
            listener.close()
            become(request, link)
            os._exit(0)
        link.close()


def start_for_many(app, env, docnames: list[str]) -> None:
    """Start the process that makes kernels if many chapters are read."""
    if len(docnames) >= FEW:
        start(app)


def start(app) -> None:
    """Start the process that makes kernels, before the processes that read chapters.

    It takes seconds until it can, so that it starts as soon as many chapters are expected.
    """
    modules = getattr(app.config, "citablebook_preload", [])
    executing = getattr(app.config, "nb_execution_mode", "off") != "off"
    if not (modules and executing and sys.platform == "linux") or hasattr(app, "kernels_maker"):
        return
    folder = tempfile.TemporaryDirectory(prefix="kernels-")
    address = str(Path(folder.name) / "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()  # what is asked for during the imports waits
    number = listener.fileno()
    program = f"from {__name__} import serve; serve({number}, {modules!r})"
    # Whether a kernel tells the terminal how to connect is decided when its code is imported.
    quiet = {"JPY_PARENT_PID": str(os.getpid()), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    maker = app.kernels_maker = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        pass_fds=[number],
        env=os.environ | quiet,
    )
    listener.close()
    restore = launch_kernels_by(functools.partial(fork, address))

    def stop(*_) -> None:
        restore()
        maker.kill()  # by itself it ends too, but takes half a second to forget what it imported
        maker.communicate()
        folder.cleanup()

    app.connect("build-finished", stop)


def setup(app) -> dict:
    """Register with Sphinx the value `citablebook_preload`, a list of modules."""
    app.add_config_value("citablebook_preload", [], "", [list])
    app.connect("env-before-read-docs", start_for_many)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
