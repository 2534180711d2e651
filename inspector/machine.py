"""Which PC this is: a time that was measured means nothing without it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path


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
