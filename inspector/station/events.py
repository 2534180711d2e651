"""What a station tells the world: its state, and one event for whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inspector.domain import Decision, Frame, Inspection, Timing
from inspector.errors import InspectorError


class StationState(StrEnum):
    """FAULTED takes no triggers until it is started again; a lost camera alone does not fault, it is looked for."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    FAULTED = "faulted"


@dataclass(frozen=True, slots=True)
class StationStatus:
    """What is true of the station at one moment.

    triggers = inspections + under way. recorded: inspections that the ledger has acknowledged. late: verdicts past
    the line's deadline. refused: triggers that came while the station was not running. fault: plain words, "" if none.
    """

    state: StationState
    fault: str
    recipe_id: str
    model_id: str
    triggers: int
    inspections: int
    recorded: int
    late: int
    refused: int
    decisions: Mapping[Decision, int]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The station runs, pauses, stops or faults, or works with another model."""

    status: StationStatus


@dataclass(frozen=True, slots=True, eq=False)
class PartInspected:
    """One part has its verdict; the line knows it, the ledger has it in its queue."""

    inspection: Inspection
    timing: Timing
    frame: Frame


@dataclass(frozen=True, slots=True)
class Durable:
    """The ledger has these inspections on disk."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong, or right again (message ""). exit_code: what a program that ends over it answers."""

    message: str
    exit_code: int = InspectorError.exit_code


StationEvent = StateChanged | PartInspected | Durable | Fault
