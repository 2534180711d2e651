"""From a View to raw Scores: one LiteRT invoke of one ModelVersion's file, or one for each piece of the View."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import GOOD, ONE_TILE, UNLIKE, Floats, ModelCard, Pixels, Scores, View
from inspector.errors import ModelError
from inspector.opencv import cv2
from inspector.pipeline.accelerator import Accelerated
from inspector.pipeline.tiles import Layout, worst

SIGNATURE = "serving_default"
INPUT = "view"
OUTPUTS = ("logits", "embedding", "heat")


class Classifier:
    """One loaded model file. Not for two threads at once: each thread that classifies loads its own.

    The model has one signature with the input "view" (1, height, width, 3), which is the View or one of its pieces,
    and the outputs "logits" (1, classes), "embedding" (1, n) and "heat" (1, rows, columns, classes). Raises ModelError
    where the file is not what the card promises. on_gpu: run it there; ModelError where that cannot be.
    """

    def __init__(self, model_file: Path, card: ModelCard, threads: int = 2, on_gpu: bool = False) -> None:
        self.card = card
        self._gpu = Accelerated(model_file, SIGNATURE, INPUT, OUTPUTS) if on_gpu else None
        try:
            self._interpreter = Interpreter(model_path=str(model_file), num_threads=threads)
            self._input, self._outputs = _ends(self._interpreter)
        except (ValueError, RuntimeError, KeyError) as error:
            raise ModelError(
                f"{model_file}: not a model of this program (input {INPUT!r}, outputs {', '.join(OUTPUTS)}): {error}"
            ) from error
        self._layout = self._check(model_file)
        self._interpreter.allocate_tensors()
        self._entry_table = entry_table(self._input, card.mean, card.scale)
        self._good = card.classes.index(GOOD)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the Views it takes, in pixels."""
        return self.card.input_height, self.card.input_width

    @property
    def on_gpu(self) -> bool:
        return self._gpu is not None

    @property
    def model_id(self) -> str:
        return self.card.id

    def _check(self, model_file: Path) -> Layout:
        card = self.card
        expected = [1, card.input_height, card.input_width, 3]
        received = [int(side) for side in self._input["shape"]]
        batch, height, width, channels = received if len(received) == len(expected) else [0] * len(expected)
        layout = Layout(card.input_height, card.input_width, height, width, card.tiles)
        if not layout.covers or (batch, channels) != (1, 3):
            promised = str(expected) if card.tiles == ONE_TILE else f"{expected} in {card.tiles} tiles"
            raise ModelError(f"{model_file}: input size: the card promises {promised}, the file takes {received}")
        count = int(self._outputs[0]["shape"][-1])
        if count != len(card.classes) or GOOD not in card.classes or count < 2:
            raise ModelError(
                f"{model_file}: classes: the card names {len(card.classes)} ({', '.join(card.classes)}), "
                f"the file scores {count}; expected the same number, {GOOD!r} and at least one defect"
            )
        return layout

    def classify(self, view: View) -> Scores:
        """Scores of one View; its pixels must have the model's input size.

        Of pieces: the worst logit of each class, the mean embedding, and the heat in the View's own coordinates.
        """
        said = [self._said(piece) for piece in self._layout.pieces(view.pixels)]
        logits = worst(np.stack([one for one, _, _ in said]), self._good)
        leading = leading_defect(logits, self.card.classes)
        return Scores(
            model_id=self.card.id,
            classes=self.card.classes,
            logits=tuple(float(logit) for logit in logits),
            defect=defect_score(logits, self._good),
            leading_defect=self.card.classes[leading],
            heat=self._layout.assembled([heat[:, :, leading] - heat[:, :, self._good] for _, _, heat in said]),
            embedding=np.mean([embedding for _, embedding, _ in said], axis=0, dtype=np.float32),
        )

    def _said(self, piece: Pixels) -> list[Floats]:
        """The outputs, in their order."""
        return [output[0] for output in self._invoke(cv2.LUT(piece, self._entry_table)[np.newaxis])]

    def _invoke(self, entry: npt.NDArray[Any]) -> list[Floats]:
        if self._gpu:
            return self._gpu.run(entry)
        self._interpreter.set_tensor(self._input["index"], entry)
        self._interpreter.invoke()
        return [self._read(output) for output in self._outputs]

    def _read(self, output: dict[str, Any]) -> Floats:
        """An output as float32, by the tensor's own scale and zero point."""
        raw: npt.NDArray[Any] = self._interpreter.get_tensor(output["index"])
        scale, zero = output["quantization"]
        if raw.dtype == np.float32:
            return raw
        return (raw.astype(np.float32) - np.float32(zero)) * np.float32(scale)


def _ends(interpreter: Interpreter) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The input and the outputs by their names. LiteRT allocates nothing while the runner, which knows them, lives."""
    runner = interpreter.get_signature_runner(SIGNATURE)
    outputs = runner.get_output_details()
    return runner.get_input_details()[INPUT], [outputs[name] for name in OUTPUTS]


def defect_score(logits: npt.NDArray[Any], good: int) -> float:
    """Log-odds of any defect against good: logsumexp of the defects' logits minus the good one's; not clipped."""
    values = logits.astype(np.float64)
    with np.errstate(invalid="ignore"):  # endless logits give NaN, which the judgement does not let pass
        return float(np.logaddexp.reduce(np.delete(values, good)) - values[good])


def leading_defect(logits: npt.NDArray[Any], classes: Sequence[str]) -> int:
    """The place of the defect that a part is said to have: the one with the highest logit.

    UNLIKE only says that a part is none of the good ones: a known defect that is likelier than good goes before it.
    """
    good = classes.index(GOOD)
    known = [place for place, name in enumerate(classes) if name not in (GOOD, UNLIKE)]
    likely = [place for place in known if logits[place] > logits[good]] if UNLIKE in classes else known
    return max(likely or (place for place in range(len(classes)) if place != good), key=lambda place: logits[place])


def entry_table(tensor: dict[str, Any], mean: float, scale: float) -> npt.NDArray[Any]:
    """What each of the 256 pixel values becomes at the model's entry: (256,) in the tensor's own type.

    Normalisation and quantisation in one look-up, with the constants read from the tensor, never copied from a card.
    """
    normalised = (np.arange(256, dtype=np.float64) - mean) / scale
    kind = np.dtype(tensor["dtype"])
    if kind == np.float32:
        return normalised.astype(np.float32)
    step, zero = tensor["quantization"]
    bounds = np.iinfo(kind)
    quantised: npt.NDArray[Any] = np.clip(np.rint(normalised / step) + zero, bounds.min, bounds.max).astype(kind)
    return quantised
