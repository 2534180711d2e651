"""Basler cameras through Basler's own SDK, pypylon; also its camera emulator, for a line without hardware.

Options in the recipe's [camera.options], all optional:
  colour = false           deliver RGB pictures (the camera must be a colour camera) instead of grey ones
  width = 0, height = 0    size of the picture in pixels (0 = as the camera stands)
  trigger_input = "Line1"  the camera's input for hardware triggers
  emulate = false          use the SDK's emulated camera (the environment variable PYLON_CAMEMU does the same)
  pictures = ""            emulated camera only: a folder whose pictures it shows in sorted order, one per trigger,
                           from the first on at each arm; width and height then follow the files
Needs `pip install inspector[basler]`.
"""

from inspector.devices.pylon.backend import PylonBackend

__all__ = ["PylonBackend"]
