"""The world's faults, as a tree; our own bugs are never one of these.

InspectorError
 ├── RecipeError        a file that a person wrote is wrong (recipe, settings)
 ├── PictureError       a file that should be a picture cannot be judged as one
 ├── DatasetError       a folder of pictures does not have the layout, the groups or the labels it needs
 ├── DeviceError        hardware
 │    ├── CameraLost        the camera stopped answering, or was never there
 │    ├── TriggerTimeout    a trigger was sent and no frame came
 │    └── LineLost          the line's controller stopped answering
 ├── StoreError         disk full, workspace read-only or in use, ledger newer than this program
 ├── ModelError         digest, input size or classes differ from what the card promises
 ├── TrainingError      the training process said why it could not finish
 └── GateRefused        an answer, not a fault: the candidate is not better, or it cannot be known yet

Each message says in plain words what, where, what was expected, what was received and what to do.
`exit_code` is what the command line ends with.
"""


class InspectorError(Exception):
    """A fault of the world: shown to the user in its own words, never with a traceback."""

    exit_code = 1


class RecipeError(InspectorError):
    """A recipe or settings file holds a wrong key or value."""

    exit_code = 3


class PictureError(InspectorError):
    """A file is not a picture that can be judged."""

    exit_code = 4


class DatasetError(InspectorError):
    """A dataset has no readable layout, or lacks the labels that the work needs."""

    exit_code = 4


class DeviceError(InspectorError):
    """A camera or a line output cannot be used."""

    exit_code = 5


class CameraLost(DeviceError):
    """The camera stopped answering, is held by another program, or is not there."""


class TriggerTimeout(DeviceError):
    """A trigger was sent and no frame came in time."""


class LineLost(DeviceError):
    """The line's controller did not take a verdict."""


class StoreError(InspectorError):
    """Something that must be remembered cannot be written or read."""

    exit_code = 6


class ModelError(InspectorError):
    """A model folder is not what its card says, or does not fit the recipe."""

    exit_code = 7


class TrainingError(InspectorError):
    """The training process could not make a model, and says why."""

    exit_code = 8


class GateRefused(InspectorError):
    """The candidate was not promoted; the message is the reason, in writing."""

    exit_code = 9
