"""The course of an adaptation for those who like to look at curves: event files, as TensorBoard reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.errors import StoreError
from inspector.store.disk import plainly


class Course:
    """Writes the curves of each fold under a folder of its own. folder: None where nobody wants to look."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def tell(self, line: str, name: str, step: int, value: float) -> None:
        """One point of a curve, there to be read at once. Raises StoreError where it cannot be written."""
        if self._folder is None:
            return
        import tensorflow as tf

        place = self._folder / line
        with plainly(place):
            place.mkdir(parents=True, exist_ok=True)
        try:
            if line not in self._writers:
                self._writers[line] = tf.summary.create_file_writer(str(place))
            with self._writers[line].as_default():
                # What tf.summary.scalar writes; that one needs TensorBoard itself, which a training does not.
                metadata = tf.compat.v1.SummaryMetadata(plugin_data={"plugin_name": "scalars"})
                tf.summary.write(name, tf.constant(value, tf.float32), step, metadata)
            self._writers[line].flush()
        except tf.errors.OpError as error:
            raise StoreError(f"{place}: the course of the training cannot be written: {error.message}") from error
