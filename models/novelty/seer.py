"""A feature network at work on views, in the graph that the station will run."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import Pixels
from inspector.opencv import cv2
from inspector.pipeline.classify import INPUT, SIGNATURE, entry_table
from models.backbones.registry import Backbone
from models.network import THREADS
from models.novelty.graph import SUMMARY, seeing
from models.novelty.sight import Sight


class Seer:
    """Runs a feature network's file on views (height, width, 3), uint8. size: height and width.

    Several threads may see at the same time: each but the one that made it runs the network by itself alone, so that
    what lies between two invokes has a core, too.
    """

    def __init__(self, network: bytes, backbone: Backbone) -> None:
        self._content = seeing(network)
        self._own = threading.local()
        self._own.run = self._runner(THREADS)
        entry = self._own.run.get_input_details()[INPUT]
        self.size = int(entry["shape"][1]), int(entry["shape"][2])
        self._entry_table = entry_table(entry, backbone.mean, backbone.scale)

    def _runner(self, threads: int) -> Any:
        return Interpreter(model_content=self._content, num_threads=threads).get_signature_runner(SIGNATURE)

    def see(self, pixels: Pixels) -> Sight:
        if not hasattr(self._own, "run"):
            self._own.run = self._runner(1)
        outputs = self._own.run(**{INPUT: cv2.LUT(pixels, self._entry_table)[np.newaxis]})
        levels = sorted(outputs.keys() - {SUMMARY})
        return Sight(outputs[SUMMARY][0].copy(), tuple(outputs[level][0].copy() for level in levels))
