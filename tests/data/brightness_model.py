"""Writes brightness.tflite: a real model file whose scores can be told by hand, for tests without TensorFlow.

Run `python -m tests.data.brightness_model` to make it again. On a View of mean m it says, as classes good, dent and
scratch: 0, (m - 120) / 10 and -9.
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

SIDE = 16
FILE = Path(__file__).with_name("brightness.tflite")


class Brightness(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name="view")])
    def score(self, view: tf.Tensor) -> dict[str, tf.Tensor]:
        levels = view * 128.0 + 127.0  # the card's mean and scale undone
        dent = (tf.reduce_mean(levels, axis=(1, 2, 3)) - 120.0) / 10.0
        zero = tf.zeros_like(dent)
        logits = tf.stack([zero, dent, zero - 9.0], axis=1)
        return {"logits": logits, "embedding": levels[:, 0, 0, :], "heat": levels[:, ::8, ::8, :]}


def write(file: Path) -> None:
    model = Brightness()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([model.score.get_concrete_function()], model)
    file.write_bytes(converter.convert())


if __name__ == "__main__":
    write(FILE)
