"""What a person should know of a model from good parts alone, before it runs a line."""

from __future__ import annotations

from itertools import chain
from typing import Any

from inspector.domain import GOOD, ONE_TILE, ModelCard
from inspector.learning import sizes
from inspector.learning.trainer import ANOMALY

_NAMED = 5
WORTH, TIME, RAM, SEEN = "worth", "time", "ram", "seen"  # what keeps a model from remembering more places


def told(card: ModelCard) -> tuple[str, ...]:
    """Sentences from its card; none for any other model, or where the card says nothing of the matter."""
    results = card.results
    if results.get("mode") != ANOMALY:
        return ()
    found = (_overkill(results), _known(results), _synthetic(results), _groups(results), _not_located(results))
    return (
        *chain.from_iterable(found),
        *sizes.told(results.get("picture_sizes", ())),
        *_turned(results),
        *_memory(card),
        *_tiles(card),
    )


def named(card: ModelCard) -> tuple[str, ...]:
    """Each picture that it did not learn, and what to type once a person has looked at it."""
    return tuple(
        f"Not learned: a picture of part {one['part']} looks unlike the other good parts (score {one['score']:.1f}). "
        f"Look at it, then say what it is: `inspector review --recipe {card.recipe} --picture {one['digest'][:16]} "
        "good`, or the defect's name in place of good."
        for one in card.results.get("suspects", ())
    )


def _overkill(results: dict[str, Any]) -> list[str]:
    figures = results.get("split_by_part", {})
    if not {"overkill_rate", "recheck_rate"} <= figures.keys():
        return []
    rate, recheck = figures["overkill_rate"], figures["recheck_rate"]
    return [
        f"At its limits {rate['value']:.1%} of {rate['n']} good parts that were left out are rejected "
        f"(95 % interval {rate['low']:.1%} to {rate['high']:.1%}), {recheck['value']:.1%} of all parts go to a person."
    ]


def _known(results: dict[str, Any]) -> list[str]:
    """What labelled defects have made of it."""
    rate, parts = results.get("split_by_part", {}).get("escape_rate"), results.get("parts", {})
    named = [f"{name} ({count} {'part' if count == 1 else 'parts'})" for name, count in parts.items() if name != GOOD]
    if not rate or not named:
        return []
    return [
        f"It also knows labelled defects: {', '.join(sorted(named))}. Of {rate['n']} defective parts that were left "
        f"out {rate['value']:.1%} are accepted (95 % interval {rate['low']:.1%} to {rate['high']:.1%})."
    ]


def _groups(results: dict[str, Any]) -> list[str]:
    named = list(results.get("other_group", ()))
    if not named:
        return []
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return [
        f"The good parts fall into two groups with nothing between them: {', '.join(named[:_NAMED])}{more} look unlike "
        "the rest. If they are another product, give each a recipe of its own; if both belong to this one, all is well."
    ]


def _not_located(results: dict[str, Any]) -> list[str]:
    count = results.get("not_located", 0)
    if not count:
        return []
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    return [
        f"From {pictures} nothing was learned: the part is not found where the recipe looks for it, or light or focus "
        "would keep the line from judging it. Check the recipe's region, mark and fitness limits, and that the same "
        "camera took them."
    ]


def _tiles(card: ModelCard) -> list[str]:
    """In how many it looks at a part, what that shows, and what is missing for it."""
    resolution = card.results.get("resolution")
    if card.tiles == ONE_TILE or resolution is None:
        return []
    tiles = f"{card.tiles.rows} x {card.tiles.columns} tiles"
    words = [f"It looks at each part as a whole and in {tiles}, at {resolution:.0%} of the camera's resolution."]
    unmarked = card.results.get("unmarked", 0)
    if unmarked:
        pictures = "picture has" if unmarked == 1 else "pictures have"
        words.append(
            f"{unmarked} labelled {pictures} no mark of where the defect is, so only the whole part teaches it, "
            "no tile. Mark it on the Review page."
        )
    return words


def _turned(results: dict[str, Any]) -> list[str]:
    turned_deg, copies = results.get("turned_deg"), results.get("turned_copies")
    if not turned_deg or not copies:
        return []
    each = "a turned copy" if copies == 1 else f"{copies} turned copies"
    return [
        f"It learned each picture as it is and in {each}, for parts that lie turned by up to {turned_deg:g} degrees "
        "either way; its limits are those that a good part keeps to in the worst of these turns."
    ]


_MORE = {
    WORTH: "More find no more.",
    TIME: "More would take longer than that: allow more with --budget-ms.",
    RAM: "More would not fit into that: allow more with --memory-mb.",
    SEEN: "These are all that were seen.",
}
_TOO_LONG = (
    "That is too long even with the fewest places: take fewer tiles or a smaller backbone, or allow more with "
    "--budget-ms."
)


def _memory(card: ModelCard) -> list[str]:
    """How many places it remembers, what that takes of what was allowed, and why they are not more."""
    chosen, took_ms = card.results.get("memory"), card.receipt.get("invoke_ms")
    if not chosen or took_ms is None:
        return []
    why = _MORE[chosen["bound"]] if (chosen["ms"] or 0) <= chosen["budget_ms"] else _TOO_LONG
    return [
        f"It remembers {chosen['places']} places of good parts, which take {chosen['mb']:.1f} MB of RAM (allowed: "
        f"{chosen['budget_mb']:g}); one part takes {took_ms:.1f} ms on the PC that trained it (allowed: "
        f"{chosen['budget_ms']:g}). {why}"
    ]


def _synthetic(results: dict[str, Any]) -> list[str]:
    area = results.get("synthetic_auroc")
    if area is None:
        return []
    words = f"Synthetic defects, drawn on good parts, are told from these with AUROC {area:.3f}. Of how many real "
    if _known(results):
        return [words + "defects escape this says nothing."]
    return [words + "defects escape this says nothing: label some, and the gate can say it."]
