"""How far a training is, in lines that another program reads: one JSON object each on standard output."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

# The steps in their order, and about how many seconds each takes once it is reached: only to foretell the end.
PLANNED_S = {
    "looking": 60.0,
    "tuning": 300.0,
    "network": 25.0,
    "features": 10.0,
    "fitting": 6.0,
    "verification": 3.0,
    "golden": 2.0,
}


class Progress:
    """Writes one line per message to `stream`; `clock` is monotonic, in seconds. plan: to foretell the end by.

    turn: whose turn it is, where several take the same steps one after the other; it stands in front of each.
    """

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.plan: Mapping[str, float] = PLANNED_S
        self.turn = ""
        self._stream = stream
        self._clock = clock
        self._step = ""
        self._since = 0.0

    def step(self, name: str, done: int, total: int) -> None:
        """remaining_s: of the whole training, None until the step's own speed is known."""
        name = f"{self.turn}: {name}" if self.turn else name
        if name != self._step:
            self._step, self._since = name, self._clock()
        remaining_s = None
        if done:
            names = list(self.plan)
            later_s = sum(self.plan[later] for later in names[names.index(name) + 1 :])
            remaining_s = round((self._clock() - self._since) / done * (total - done) + later_s, 1)
        self.say(step=name, done=done, total=total, remaining_s=remaining_s)

    def say(self, **message: Any) -> None:
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()
