"""This station's own settings, the same for every recipe: name, language, storage; one TOML, defaults in code."""

from __future__ import annotations

import getpass
import os
import socket
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from inspector.errors import RecipeError
from inspector.parsing import Section


def default_workspace() -> Path:
    """Where a user who named no workspace finds everything: the variable INSPECTOR_WORKSPACE, or the data folder."""
    named = os.environ.get("INSPECTOR_WORKSPACE")
    if named:
        return Path(named)
    import platformdirs  # only here: a station that is told its workspace starts without it

    return Path(platformdirs.user_data_dir("inspector", appauthor=False)) / "workspace"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in a container
        return "operator"


class Theme(StrEnum):
    """The window's colours: dark or light."""

    DARK = "dark"
    LIGHT = "light"


class Device(StrEnum):
    """What models run on: auto takes the GPU only where it is faster than the processor and says the same."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True, slots=True)
class Settings:
    """station: this PC's name on records. operator: who a label is signed by.

    device: what models run on. invoke_threads: threads for one model invoke. store_pictures: keep each inspected
    picture. free_space_mb: below this the line stops instead of filling the disk. commit_ms: how long the writer
    collects records for one durable commit. watch_every_min: how often a running line is held against what its model
    was taught, 0: never by itself.

    What a candidate must keep to at the gate: gate_new_escapes: defective golden parts that are stopped today and may
    pass. gate_overkill_points, gate_recheck_points: by how much the share of good parts that are rejected, or sent to a
    person, may rise. gate_escape_claim_percent: the escape rate that the golden set must support, 0: not asked for.
    """

    station: str = field(default_factory=socket.gethostname)
    operator: str = field(default_factory=_user)
    theme: Theme = Theme.DARK
    device: Device = Device.AUTO
    invoke_threads: int = 2
    store_pictures: bool = True
    free_space_mb: int = 500
    commit_ms: int = 30
    watch_every_min: int = 15
    gate_new_escapes: int = 0
    gate_overkill_points: float = 2.0
    gate_recheck_points: float = 5.0
    gate_escape_claim_percent: float = 0.0


def load(path: Path) -> Settings:
    """Read settings.toml; a file that is not there means the defaults. Raises RecipeError."""
    if not path.exists():
        return Settings()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # no UTF-8, no TOML, or a number of thousands of digits
        raise RecipeError(f"{path}: not a readable TOML file: {error}") from error
    section = Section(table, str(path))
    default = Settings()
    settings = Settings(
        station=section.text("station", default.station),
        operator=section.text("operator", default.operator),
        theme=section.choice("theme", Theme, default.theme),
        device=section.choice("device", Device, default.device),
        invoke_threads=section.integer("invoke_threads", default.invoke_threads, 1, 64),
        store_pictures=section.flag("store_pictures", default.store_pictures),
        free_space_mb=section.integer("free_space_mb", default.free_space_mb, 0, 1_000_000),
        commit_ms=section.integer("commit_ms", default.commit_ms, 1, 1000),
        watch_every_min=section.integer("watch_every_min", default.watch_every_min, 0, 1440),
        gate_new_escapes=section.integer("gate_new_escapes", default.gate_new_escapes, 0, 1000),
        gate_overkill_points=section.number("gate_overkill_points", default.gate_overkill_points, 0.0, 100.0),
        gate_recheck_points=section.number("gate_recheck_points", default.gate_recheck_points, 0.0, 100.0),
        gate_escape_claim_percent=section.number(
            "gate_escape_claim_percent", default.gate_escape_claim_percent, 0.0, 100.0
        ),
    )
    section.refuse_unknown()
    return settings
