"""Install pinned packages with one line of progress in place of the installer's output.

Run by `make` with the Python of the virtual environment:
`install_packages.py TITLE [pip's arguments ...]`.
"""

from __future__ import annotations

import re
import subprocess
import sys


def main(title: str, *arguments: str) -> int:
    """Run pip, count what it collects, and show its last words only if it fails.

    Returns
    -------
    int
        The status of pip.
    """
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    said: list[str] = []
    packages = 0
    shows_progress = sys.stdout.isatty()
    print(f"{title} (once; a few minutes)", flush=True)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line.rstrip())
            if re.match(r"Collecting |Requirement already satisfied", line):
                packages += 1
                if shows_progress or packages % 50 == 0:
                    print(
                        f"\r  {packages} packages", end="" if shows_progress else "\n", flush=True
                    )
            elif line.startswith("Installing collected packages"):
                print(f"{chr(13) if shows_progress else ''}  installing {packages}", flush=True)
    if pip.returncode:
        print("\n".join(said[-15:]), file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
