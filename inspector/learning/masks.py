"""What becomes of the places that labels mark: masks in the picture store, as imported data sets bring them along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from inspector.domain import GOOD, Example
from inspector.regions import mask
from inspector.store.images import ImageStore


def with_masks(images: ImageStore, examples: Iterable[Example]) -> list[Example]:
    """The Examples, each defect whose label marks regions with their mask, drawn and stored.

    Regions count before an imported mask: they are the later word. Raises StoreError where a picture is missing or the
    mask cannot be stored.
    """
    return [
        replace(one, mask_digest=_stored(images, one)) if one.regions and one.defect_class != GOOD else one
        for one in examples
    ]


def _stored(images: ImageStore, example: Example) -> str | None:
    drawn = mask(example.regions, *images.size(example.digest))
    return images.put(drawn) if drawn.any() else example.mask_digest
