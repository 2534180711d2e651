"""What this process has freed goes back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """After much was freed: the C library of Linux keeps it for what may come, and counts as using it until then."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries than glibc have none
        if trim:
            trim(0)
