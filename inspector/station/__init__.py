"""Runs a line: each trigger becomes exactly one Inspection; the line hears first, the ledger always, the screen last.

trigger() --Request--> camera thread --(Request, Frame)--> inspect thread --> line, writer, on_event
"""

from inspector.station.acquisition import numbered_part
from inspector.station.capture import Capture
from inspector.station.events import (
    Durable,
    Fault,
    PartInspected,
    StateChanged,
    StationEvent,
    StationState,
    StationStatus,
)
from inspector.station.pacer import Pacer
from inspector.station.shadowing import Shadowing
from inspector.station.station import Station

__all__ = [
    "Capture",
    "Durable",
    "Fault",
    "Pacer",
    "PartInspected",
    "Shadowing",
    "StateChanged",
    "Station",
    "StationEvent",
    "StationState",
    "StationStatus",
    "numbered_part",
]
