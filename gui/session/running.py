"""Running the line: starts, pauses and stops the station in the background, and passes on the newest of its news."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, Signal

from gui.background import Background
from gui.bridge import Bridge, Glance
from gui.yields import HourCount
from inspector.commission import setup_for, station_for
from inspector.domain import Decision, Part
from inspector.learning.watching import standing_alarm
from inspector.recipe import Recipe, TriggerMode
from inspector.station import Station, StationState, StationStatus, numbered_part
from inspector.station.pacer import Pacer
from inspector.store.workspace import Workspace

HOURS = 12

STOPPED = StationStatus(StationState.STOPPED, "", "", "", 0, 0, 0, 0, 0, {})


Naming = Callable[[int], Part]


@dataclass(frozen=True, slots=True)
class Run:
    """How parts come by. name_parts: made anew for each station, names the k-th part (from 1) from then on.

    parts: stop after so many; None: go on.
    """

    name_parts: Callable[[], Naming] = lambda: numbered_part
    parts: int | None = None


class Running(QObject):
    """One station of one recipe. Every call returns at once; `glanced`, `status_changed` and `failed` tell the rest.

    `finished` comes once, when the wanted number of parts has its verdicts.
    """

    glanced = Signal(object)
    status_changed = Signal(object)
    failed = Signal(object)
    hours_counted = Signal(object)
    alarm_known = Signal(str)
    finished = Signal()

    def __init__(self, workspace: Workspace, recipe: Recipe, run: Run | None = None) -> None:
        super().__init__()
        self.recipe = recipe
        self.bridge = Bridge(self)
        self._workspace = workspace
        self._run = run or Run()
        self._work = Background("running", parent=self)
        self._station: Station | None = None
        self._name_part: Naming = numbered_part
        self._held = ExitStack()
        self._before: dict[Decision, int] = {}
        self._is_finished = False
        self.bridge.news.connect(self._look)
        self._work.failed.connect(self._fail)

    @property
    def status(self) -> StationStatus:
        return self._station.status if self._station else STOPPED

    @property
    def decisions(self) -> dict[Decision, int]:
        """Verdicts since midnight, also those given before this start of the program."""
        now = self.status.decisions
        return {decision: self._before.get(decision, 0) + now.get(decision, 0) for decision in Decision}

    def totals(self) -> dict[str, int]:
        """The figures of this run, by the names that every command uses."""
        status = self.status
        verdicts = {str(decision): status.decisions.get(decision, 0) for decision in Decision}
        return {
            "triggers": status.triggers,
            "inspections": status.inspections,
            "records": status.recorded,
            **verdicts,
            "late": status.late,
        }

    @property
    def by_hand(self) -> bool:
        """Whether a person has to ask for each part."""
        return self.recipe.camera.by_hand

    def start(self) -> None:
        """Start, or go on after a pause."""
        if self.status.state is StationState.PAUSED and self._station:
            self._station.resume()
        else:
            self._work.run(self._open, lambda _none: self._tell())

    def pause(self) -> None:
        if self._station:
            self._station.pause()

    def stop(self) -> None:
        self._work.run(self._shut, lambda _none: self._tell())

    def toggle(self) -> None:
        """The space bar: pause what runs, start what does not."""
        if self.status.state is StationState.RUNNING:
            self.pause()
        elif self.status.state is not StationState.STARTING:
            self.start()

    def trigger(self) -> None:
        """Inspect one part now."""
        station = self._station
        if station:
            self._work.run(lambda: station.trigger(self._name_part(station.status.triggers + 1)))

    def change(self, recipe: Recipe) -> None:
        """Work with another model, limits or region from the next part on; another camera takes a new start."""
        before, self.recipe = self.recipe, recipe
        station = self._station
        if station is None:
            return
        if (before.camera, before.line) == (recipe.camera, recipe.line):
            self._work.run(lambda: station.swap(setup_for(self._workspace, recipe)))
        else:
            self._work.run(self._dismiss, lambda _none: self._tell())

    def count_hours(self) -> None:
        """Ask the ledger for the last hours; `hours_counted` brings a list of HourCount, the oldest first."""
        now = datetime.now(UTC)
        self._work.run(lambda: self._hours(now), self.hours_counted.emit)

    def look_for_alarm(self) -> None:
        """Ask the ledger what the watch found last; `alarm_known` brings its words, "" where all is calm."""
        self._work.run(self._alarm, self.alarm_known.emit)

    def close(self) -> None:
        """Stop the station and give everything back; returns when that is done."""
        self._work.close()
        self._shut()

    def _open(self) -> None:
        """In the background: a station keeps its counts from one start to the next."""
        self._held.close()
        with ExitStack() as held:
            held.enter_context(self._workspace.station_lock())
            station = self._station or self._make()
            held.callback(station.stop)
            station.start()
            camera = self.recipe.camera
            if camera.trigger is TriggerMode.SOFTWARE and camera.trigger_interval_s > 0:
                self._pace(station, camera.trigger_interval_s, held)
            self._held = held.pop_all()

    def _make(self) -> Station:
        self._before = self._workspace.ledger.counts(self.recipe.name, since=_midnight())
        self._name_part = self._run.name_parts()
        self._station = station_for(self._workspace, self.recipe, self.bridge, name_part=self._name_part)
        return self._station

    def _pace(self, station: Station, interval_s: float, held: ExitStack) -> None:
        done = station.status.triggers
        left = None if self._run.parts is None else max(0, self._run.parts - done)
        pacer = Pacer(station, interval_s, self._name_part, first=done + 1, parts=left)
        pacer.start()
        held.callback(pacer.stop)

    def _shut(self) -> None:
        self._held.close()

    def _dismiss(self) -> None:
        """In the background: the next start makes a new station."""
        self._held.close()
        self._station = None

    def _alarm(self) -> str:
        standing = standing_alarm(self._workspace, self.recipe.name, self.recipe.model_id)
        return str(standing.detail["words"][0]) if standing else ""

    def _hours(self, now: datetime) -> list[HourCount]:
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        starts = [this_hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
        return [self._hour(start) for start in starts]

    def _hour(self, start: datetime) -> HourCount:
        found = self._workspace.ledger.counts(self.recipe.name, since=start, until=start + timedelta(hours=1))
        judged = sum(count for decision, count in found.items() if decision is not Decision.UNFIT)
        return HourCount(start, found[Decision.OK], judged)

    def _look(self) -> None:
        glance: Glance = self.bridge.take()
        if glance.status is not None or glance.fault is not None:
            self._tell()
        self.glanced.emit(glance)
        wanted = self._run.parts
        if wanted is not None and not self._is_finished and self.status.inspections >= wanted:
            self._is_finished = True
            self.finished.emit()

    def _tell(self) -> None:
        self.status_changed.emit(self.status)

    def _fail(self, error: object) -> None:
        self._tell()
        self.failed.emit(error)


def _midnight() -> datetime:
    """When this day began where the station stands, as UTC."""
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
