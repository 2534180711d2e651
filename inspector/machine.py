"""Which PC this is, since a time that was measured means nothing without it; and who on it goes behind the line."""

from __future__ import annotations

import os
import platform
import sys
import threading
from pathlib import Path

_NICENESS = 5  # further back, a busy PC would not let it give Python's one lock back to the line for too long


def machine() -> dict[str, str | int]:
    """This PC in a few words, for a figure that was measured on it."""
    name = platform.processor() or platform.machine()
    if sys.platform == "linux":
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            name = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name)
    return {
        "processor": name,
        "cores": os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def words() -> str:
    """The same in one line."""
    here = machine()
    return f"{here['processor']}, {here['cores']} cores, {here['system']}"


def step_back() -> None:
    """This thread goes behind the line's own from now on, on systems that let one thread be told so."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # Never forward: of a program that was itself told to stand back, the system would refuse it.
        os.setpriority(os.PRIO_PROCESS, thread, max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
