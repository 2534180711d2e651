"""`inspector review --suspects`: what a model did not learn of the good parts, and what was said of it since."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from inspector.cli.screen import answer
from inspector.domain import ModelCard
from inspector.learning.suspects import left_out
from inspector.store.workspace import Workspace


def tell_suspects(workspace: Workspace, chosen: argparse.Namespace, card: ModelCard) -> None:
    """The strangest first, as many as were asked for."""
    found = left_out(workspace, card)[: chosen.limit]
    rows = [asdict(one) | {"picture": str(workspace.images.path(one.digest))} for one in found]

    def lines() -> Iterator[str]:
        for one in found:
            yield f"{one.digest[:16]}  {one.part:<20} score {one.score:<8.1f} {one.word or 'nobody has said'}"
        yield f"{sum(not one.word for one in found)} to look at, not learned by {card.id}"

    answer(chosen.json, rows, lines)
