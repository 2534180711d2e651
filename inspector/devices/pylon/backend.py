"""Which Basler camera is opened, and how it is set up before its first trigger."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inspector.clock import Clock
from inspector.devices.camera import CameraInfo
from inspector.devices.pylon.camera import PylonCamera
from inspector.devices.pylon.features import SIZE, Sdk
from inspector.errors import CameraLost, DeviceError
from inspector.parsing import Section
from inspector.pictures import is_picture_name
from inspector.recipe import CameraSettings

EMULATION = "PYLON_CAMEMU"
_EMULATED = "BaslerCamEmu"  # the SDK's name for where emulated cameras are found
_open_serials: set[str] = set()


@dataclass(frozen=True, slots=True)
class PylonOptions:
    """[camera.options], validated; the package's docstring says what each means."""

    colour: bool
    width: int
    height: int
    trigger_input: str
    emulate: bool
    pictures: str


def read_options(settings: CameraSettings) -> PylonOptions:
    """Raises RecipeError naming key, expected and received."""
    section = Section(settings.options, "recipe", "camera.options")
    options = PylonOptions(
        colour=section.flag("colour", False),
        width=section.integer("width", 0, 0, 100_000),
        height=section.integer("height", 0, 0, 100_000),
        trigger_input=section.text("trigger_input", "Line1"),
        emulate=section.flag("emulate", False),
        pictures=section.text("pictures", ""),
    )
    section.refuse_unknown()
    return options


class PylonBackend:
    """Finds and opens Basler cameras. Making it raises DeviceError where the SDK is not installed."""

    def __init__(self, clock: Clock | None = None) -> None:
        if find_spec("pypylon") is None:
            raise DeviceError("Basler's SDK is not installed; install it with: pip install inspector[basler]")
        self._clock = clock

    def discover(self) -> Sequence[CameraInfo]:
        sdk = _sdk()
        return tuple(
            CameraInfo("pylon", device.GetSerialNumber(), device.GetFriendlyName())
            for device in sdk.pylon.TlFactory.GetInstance().EnumerateDevices()
        )

    def open(self, settings: CameraSettings) -> PylonCamera:
        """Open the camera with the serial number settings.source ("" = the first one) and set it up.

        Raises CameraLost where it is not there or in use, DeviceError where it cannot be set up, RecipeError.
        """
        options = read_options(settings)
        emulated = options.emulate or bool(options.pictures)
        if emulated:
            # The SDK looks at the environment when it looks for devices.
            os.environ.setdefault(EMULATION, "1")
        sdk = _sdk()
        device = _find(sdk, settings.source, emulated=emulated)
        serial = str(device.GetSerialNumber())
        handle = _open(sdk, device, serial)
        _open_serials.add(serial)
        camera = PylonCamera(
            sdk,
            handle,
            f"pylon:{serial}",
            trigger_input=options.trigger_input,
            ready_timeout_s=settings.frame_timeout_s,
            hidden=SIZE if options.pictures else frozenset(),
            on_close=_forget(serial),
            clock=self._clock,
        )
        try:
            _set_up(sdk, handle, camera, settings, options)
        except DeviceError:
            camera.close()
            raise
        except sdk.genicam.GenericException as error:
            camera.close()
            raise DeviceError(f"{camera.name}: the camera cannot be set up: {sdk.words(error)}") from error
        return camera


def _sdk() -> Sdk:
    try:
        with warnings.catch_warnings():
            # The SDK's wrapper warns while it loads; where warnings are errors, it takes the interpreter down.
            warnings.simplefilter("ignore", DeprecationWarning)
            from pypylon import genicam, pylon
    except ImportError as error:
        raise DeviceError(f"Basler's SDK cannot be loaded: {error}; try: pip install inspector[basler]") from error
    return Sdk(pylon, genicam)


def _find(sdk: Sdk, serial: str, *, emulated: bool) -> Any:
    """The camera of this serial number; of none, the first one, which is no real one where an emulated is wished."""
    factory = sdk.pylon.TlFactory.GetInstance()
    nameless_emulated = emulated and not serial
    devices = (factory.CreateTl(_EMULATED) if nameless_emulated else factory).EnumerateDevices()
    for device in devices:
        if serial in ("", device.GetSerialNumber()):
            return device
    found = ", ".join(device.GetSerialNumber() for device in devices) or "none"
    wanted = f"with the serial number {serial!r} " if serial else ""
    raise CameraLost(f"no Basler camera {wanted}answers (found: {found}); check its cable, its power and its network")


def _open(sdk: Sdk, device: Any, serial: str) -> Any:
    if serial in _open_serials:
        # Not every transport layer refuses a second owner within one program, and both would steal frames.
        raise CameraLost(f"the Basler camera {serial} is already open in this program; close it there first")
    try:
        handle = sdk.pylon.InstantCamera(sdk.pylon.TlFactory.GetInstance().CreateDevice(device))
        handle.Open()
    except sdk.genicam.GenericException as error:
        raise CameraLost(
            f"the Basler camera {serial} cannot be opened: {sdk.words(error)} "
            "Is another program using it, such as the pylon Viewer? Close it there."
        ) from error
    return handle


def _forget(serial: str) -> Callable[[], None]:
    return lambda: _open_serials.discard(serial)


def _set_up(sdk: Sdk, handle: Any, camera: PylonCamera, settings: CameraSettings, options: PylonOptions) -> None:
    _choose_format(handle, camera.name, options.colour)
    if options.pictures:
        _show_pictures(sdk, handle, camera.name, Path(options.pictures).absolute())
    wanted = (
        ("width", options.width or None),
        ("height", options.height or None),
        ("exposure_us", settings.exposure_us),
        ("gain_db", settings.gain_db),
    )
    for name, value in wanted:
        if value is not None:
            camera.set_parameter(name, value)


def _choose_format(handle: Any, name: str, colour: bool) -> None:
    """Mono8, or the first colour format the camera has; Bayer is turned into RGB frame by frame."""
    names = ("RGB8", "RGB8Packed", "BayerRG8", "BayerGR8", "BayerGB8", "BayerBG8") if colour else ("Mono8",)
    offered = handle.PixelFormat.Symbolics
    for format_ in names:
        if format_ in offered:
            handle.PixelFormat.SetValue(format_)
            return
    kind = "colour" if colour else "grey"
    raise DeviceError(f"{name}: the camera has no 8-bit {kind} format; it offers {', '.join(offered)}")


def _show_pictures(sdk: Sdk, handle: Any, name: str, folder: Path) -> None:
    node = handle.GetNodeMap().GetNode("ImageFileMode")
    if not sdk.genicam.IsWritable(node):
        raise DeviceError(f"{name}: a real camera shows no folder; take out [camera.options] pictures")
    if not folder.is_dir() or not any(is_picture_name(path) for path in folder.iterdir()):
        raise CameraLost(f"{folder}: expected a folder with pictures for the emulated camera, found none")
    handle.TestImageSelector.SetValue("Off")
    handle.ImageFilename.SetValue(str(folder))
    handle.ImageFileMode.SetValue("On")
