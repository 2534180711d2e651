"""Near-duplicates: one part shot twice is found under any light, two parts of one product are not confused."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inspector.devices.render import LineProgram, RenderSettings, render_part
from inspector.domain import Pixels
from inspector.learning.duplicates import (
    COHORT,
    MIN_COHORT,
    SAME_PART,
    SIDE,
    Cohort,
    Marks,
    Match,
    Sketch,
    search,
    sketch_of,
)
from inspector.opencv import cv2

LINE = RenderSettings(
    seed=5,
    width=320,
    height=240,
    position_scatter_px=2.5,
    program=LineProgram(pictures_per_part=2, bracket_stops=0.5),
)
PARTS = 14


def sketches() -> list[Sketch]:
    """Two pictures each of some parts, a stop of exposure between them at most, each under a name of its own."""
    return [sketch_of(render_part(LINE, number).pixels, str(number), str(number)) for number in range(2 * PARTS)]


@pytest.fixture(scope="module")
def line() -> list[Sketch]:
    return sketches()


@pytest.fixture(scope="module")
def cohort(line: list[Sketch]) -> Cohort:
    return Cohort(line)


@pytest.fixture(scope="module")
def marks(line: list[Sketch], cohort: Cohort) -> list[Marks]:
    return [cohort.marks(one) for one in line]


def pairs(found: list[Match]) -> set[tuple[str, str]]:
    return {(min(one.first, one.second, key=int), max(one.first, one.second, key=int)) for one in found}


def test_a_part_under_another_exposure_is_found_and_other_parts_of_the_line_are_not(marks: list[Marks]) -> None:
    same_part = {(str(number), str(number + 1)) for number in range(0, 2 * PARTS, 2)}
    found = pairs(search(marks, marks, across_parts=True))
    assert found <= same_part
    assert len(found) >= 0.8 * PARTS


def test_each_pair_is_named_once(marks: list[Marks]) -> None:
    found = search(marks, marks, across_parts=True)
    assert len(pairs(found)) == len(found)
    assert all(SAME_PART <= one.agreement <= 1.0 for one in found)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream))


def smaller(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA), np.uint8)


def with_gamma(pixels: Pixels) -> Pixels:
    return np.asarray(np.rint(255 * (pixels / 255) ** 0.7), np.uint8)


def brighter(pixels: Pixels) -> Pixels:
    return np.asarray(np.clip(pixels * 1.3 + 8, 0, 255), np.uint8)


def in_colour(pixels: Pixels) -> Pixels:
    return np.repeat(pixels[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    "changed",
    [
        lambda pixels: as_jpeg(pixels, 95),
        lambda pixels: as_jpeg(pixels, 30),
        smaller,
        with_gamma,
        brighter,
        in_colour,
        lambda pixels: smaller(brighter(as_jpeg(pixels, 60))),
    ],
    ids=["jpeg 95", "jpeg 30", "smaller", "gamma", "brighter", "colour", "all of it"],
)
def test_a_picture_stored_anew_is_found(
    changed: Callable[[Pixels], Pixels], cohort: Cohort, marks: list[Marks]
) -> None:
    copy = cohort.marks(sketch_of(changed(render_part(LINE, 6).pixels), "copy", "copy"))
    found = search([copy], marks, across_parts=True)
    assert ("copy", "6") in {(one.first, one.second) for one in found}
    assert {one.second for one in found} <= {"6", "7"}


def test_a_part_cut_out_by_hand_with_another_border_is_found(cohort: Cohort, marks: list[Marks]) -> None:
    cut = render_part(LINE, 6).pixels[2:-3, 4:-3]
    found = search([cohort.marks(sketch_of(cut, "cut", "cut"))], marks, across_parts=True)
    assert {one.second for one in found} & {"6", "7"}
    assert {one.second for one in found} <= {"6", "7"}


def test_a_new_part_of_the_same_line_is_not_taken_for_a_known_one(cohort: Cohort, marks: list[Marks]) -> None:
    later = [sketch_of(render_part(LINE, number).pixels, f"new{number}", f"new{number}") for number in range(60, 72, 2)]
    assert search([cohort.marks(one) for one in later], marks, across_parts=True) == []


def test_pictures_of_one_named_part_are_no_pair_across_parts(line: list[Sketch]) -> None:
    named = [replace(one, part=str(int(one.digest) // 2)) for one in line]
    drawn = Cohort(named)
    marks = [drawn.marks(one) for one in named]
    assert search(marks, marks, across_parts=True) == []
    assert len(search(marks, marks, across_parts=False)) >= 0.6 * PARTS


def test_equal_digests_are_no_pair(marks: list[Marks]) -> None:
    assert search(marks[:1], marks[:1], across_parts=False) == []


def test_plain_pictures_are_like_nothing() -> None:
    plain = [sketch_of(np.full((60, 80), level, np.uint8), str(level), str(level)) for level in range(100, 130)]
    drawn = Cohort(plain)
    marks = [drawn.marks(one) for one in plain]
    assert search(marks, marks, across_parts=True) == []


def test_pictures_of_noise_are_like_nothing() -> None:
    chance = np.random.default_rng(1)
    noise = [sketch_of(chance.integers(80, 160, (24, 32)).astype(np.uint8), str(n), str(n)) for n in range(30)]
    drawn = Cohort(noise)
    marks = [drawn.marks(one) for one in noise]
    assert search(marks, marks, across_parts=True) == []


def test_plain_pictures_among_parts_of_a_line_are_like_nothing(line: list[Sketch]) -> None:
    """Cap on, lamp out: what two such lack of what all parts share is the same, and no mark."""
    plain = [sketch_of(np.full((240, 320), level, np.uint8), str(100 + level), str(level)) for level in (0, 90, 255)]
    drawn = Cohort([*line, *plain])
    marks = [drawn.marks(one) for one in (*line, *plain)]
    found = search(marks, marks, across_parts=True)
    assert not any({one.first, one.second} & {"100", "190", "355"} for one in found)
    assert not any(one.bare for one in marks)


@pytest.mark.parametrize("count", [MIN_COHORT + 1, COHORT])
def test_one_part_shot_over_and_over_has_nothing_for_itself(count: int) -> None:
    chance = np.random.default_rng(2)
    shots = []
    for number, (across, down) in enumerate(chance.integers(0, 5, (count, 2))):
        part = render_part(LINE, 0).pixels[down : down + 230, across : across + 310]
        noisy = part * chance.uniform(0.9, 1.1) + chance.normal(0, 2, part.shape)
        shots.append(sketch_of(np.clip(noisy, 0, 255).astype(np.uint8), str(number), str(number)))
    drawn = Cohort(shots)
    assert all(drawn.marks(one).bare for one in shots)


def test_parts_of_a_line_have_something_for_themselves_however_well_they_lie() -> None:
    still = RenderSettings(seed=5, width=640, height=480, position_scatter_px=0, rotation_scatter_deg=0)
    sketches = [sketch_of(render_part(still, number).pixels, str(number), str(number)) for number in range(12)]
    drawn = Cohort(sketches)
    assert not any(drawn.marks(one).bare for one in sketches)


@pytest.mark.parametrize("noise", [0.0, 1.0, 3.0])
def test_where_all_is_plain_nothing_is_missed(noise: float) -> None:
    chance = np.random.default_rng(3)
    plates = [np.clip(120 + chance.normal(0, noise, (480, 640)), 0, 255).astype(np.uint8) for _ in range(12)]
    sketches = [sketch_of(plate, str(number), str(number)) for number, plate in enumerate(plates)]
    drawn = Cohort(sketches)
    assert not any(drawn.marks(one).bare for one in sketches)


def test_among_very_few_pictures_only_one_shot_stored_anew_is_the_same(line: list[Sketch]) -> None:
    copy = sketch_of(as_jpeg(render_part(LINE, 0).pixels, 80), "100", "100")
    few = [*line[:6:2], copy]
    assert len(few) - 1 < MIN_COHORT
    drawn = Cohort(few)
    marks = [drawn.marks(one) for one in few]
    assert pairs(search(marks, marks, across_parts=True)) == {("0", "100")}


def test_nothing_to_compare_is_no_crash(line: list[Sketch], marks: list[Marks]) -> None:
    assert search([], marks, across_parts=True) == []
    assert search(marks, [], across_parts=True) == []
    assert Cohort([]).marks(line[0]).cohort == 0


def test_a_burst_of_one_named_part_does_not_pass_for_what_all_parts_share(line: list[Sketch]) -> None:
    burst = [replace(line[0], digest=f"burst{number}", part="burst") for number in range(3 * COHORT)]
    drawn = Cohort([*line, *burst])
    assert drawn.marks(line[4]).cohort <= len(line)


def test_progress_is_told_and_marks_are_small(marks: list[Marks]) -> None:
    told: list[tuple[int, int]] = []
    search(marks[:3], marks, across_parts=True, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert marks[0].plane.nbytes == SIDE * SIDE
