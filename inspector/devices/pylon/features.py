"""Which features of a Basler camera are its parameters, by whichever name its generation gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from inspector.devices.camera import Parameter
from inspector.errors import DeviceError

# Our name, then the name in the Standard Features Naming Convention and that of older cameras. GainRaw is left out:
# it has no unit.
FEATURES = {
    "exposure_us": ("ExposureTime", "ExposureTimeAbs"),
    "gain_db": ("Gain",),
    "width": ("Width",),
    "height": ("Height",),
}
SIZE = frozenset({"width", "height"})


@dataclass(frozen=True, slots=True, eq=False)
class Sdk:
    """The two modules of pypylon, imported when the first camera is looked for."""

    pylon: Any
    genicam: Any

    def words(self, error: Exception) -> str:
        """What a GenICam exception says, without the file and line of the SDK's source."""
        return re.sub(r" : \w*Exception thrown.*", "", str(error), flags=re.DOTALL).strip()


class Features:
    """The adjustable numbers of one open camera, which messages call `name`; those in `hidden` are left out."""

    def __init__(self, sdk: Sdk, camera: Any, name: str, hidden: frozenset[str] = frozenset()) -> None:
        self._sdk = sdk
        self._name = name
        map_ = camera.GetNodeMap()
        found = {
            feature: next((node for node in map(map_.GetNode, names) if sdk.genicam.IsReadable(node)), None)
            for feature, names in FEATURES.items()
            if feature not in hidden
        }
        self._nodes = {feature: node for feature, node in found.items() if node is not None}

    def all(self) -> tuple[Parameter, ...]:
        """Each parameter as it stands, with the camera's limits; increment 0 = any value between them."""
        return tuple(self._parameter(feature) for feature in self._nodes)

    def _parameter(self, feature: str) -> Parameter:
        node = self._nodes[feature]
        return Parameter(
            name=feature,
            value=float(node.GetValue()),
            minimum=float(node.GetMin()),
            maximum=float(node.GetMax()),
            increment=float(node.GetInc()) if feature in SIZE or node.HasInc() else 0.0,
            locked=not self._sdk.genicam.IsWritable(node),
        )

    def value(self, feature: str) -> float | None:
        """One value, None where the camera has none."""
        return float(self._nodes[feature].GetValue()) if feature in self._nodes else None

    def set(self, feature: str, value: float) -> float:
        """Set one and return what the camera made of it. Raises DeviceError naming what would be possible."""
        if feature not in self._nodes:
            known = ", ".join(self._nodes)
            raise DeviceError(f"{self._name}: there is no parameter {feature!r}; expected one of {known}")
        now = self._parameter(feature)
        if now.locked:
            raise DeviceError(
                f"{self._name}: {feature} is locked while the camera expects triggers; stop the line first"
            )
        if not now.minimum <= value <= now.maximum:
            limits = f"{now.minimum:g} to {now.maximum:g}"
            raise DeviceError(f"{self._name}: {feature}: expected {limits}, received {value:g}")
        if now.increment:
            value = min(now.minimum + round((value - now.minimum) / now.increment) * now.increment, now.maximum)
        node = self._nodes[feature]
        node.SetValue(round(value) if feature in SIZE else value)
        return float(node.GetValue())
