"""Import OpenCV once, for everybody: `from inspector.opencv import cv2`.

opencv-python brings its own Qt and overwrites two environment variables on import; a PySide6 window opened
afterwards would look for its platform plugin inside OpenCV's folder. They are taken out again here, and only here.
"""

import os

_before = {name: os.environ.get(name) for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")}

import cv2  # noqa: E402  (the environment has to be read before OpenCV changes it)

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

__all__ = ["cv2"]
