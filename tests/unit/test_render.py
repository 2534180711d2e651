"""A rendered line: the same picture for the same number, and a truth that can be seen in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from inspector.devices.render import (
    DEFECT_CLASSES,
    DefectShare,
    LineProgram,
    RenderedPart,
    RenderSettings,
    Sensor,
    defect_of,
    part_of,
    render_part,
)
from inspector.domain import GOOD

ALL_GOOD = LineProgram(defects=())
SETTINGS = RenderSettings(seed=5)


def only(defect_class: str) -> LineProgram:
    return LineProgram(defects=(DefectShare(defect_class, 1.0),))


def with_and_without(defect_class: str, number: int) -> tuple[RenderedPart, RenderedPart]:
    """One part with its defect, and the same part without it."""
    bad = render_part(replace(SETTINGS, program=only(defect_class)), number)
    good = render_part(replace(SETTINGS, program=ALL_GOOD), number)
    return bad, good


def test_a_number_is_always_the_same_picture_whatever_was_rendered_before() -> None:
    first = render_part(SETTINGS, 17)
    for number in (3, 99, 16):
        render_part(SETTINGS, number)
    again = render_part(RenderSettings(seed=5), 17)
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.mask, again.mask)
    assert first.part == again.part


def test_another_number_or_seed_is_another_picture() -> None:
    pictures = [render_part(replace(SETTINGS, seed=seed), number).pixels for seed in (5, 6) for number in (1, 2)]
    assert len({picture.tobytes() for picture in pictures}) == 4


@pytest.mark.parametrize(("width", "height"), [(640, 480), (320, 240), (480, 640), (97, 131), (1024, 1024)])
def test_the_size_is_what_was_asked_for(width: int, height: int) -> None:
    rendered = render_part(RenderSettings(width=width, height=height, program=only("stain")), 0)
    assert rendered.pixels.shape == rendered.mask.shape == (height, width)
    assert rendered.pixels.dtype == rendered.mask.dtype == np.uint8


def test_the_part_fills_most_of_the_picture_and_is_brighter_than_the_belt() -> None:
    pixels = render_part(replace(SETTINGS, program=ALL_GOOD), 0).pixels.astype(float)
    rows, columns = np.mgrid[0:480, 0:640]
    reach = np.hypot(rows - 240, columns - 320)
    face, belt = (reach > 100) & (reach < 110), reach > 260
    assert pixels[face].mean() > 1.8 * pixels[belt].mean()
    assert pixels[reach < 40].mean() < 0.6 * pixels[face].mean(), "one looks through the bore onto the belt"


def test_the_picture_uses_the_range_of_the_sensor_and_bears_its_noise() -> None:
    pixels = render_part(replace(SETTINGS, program=ALL_GOOD), 0).pixels
    assert 60 < pixels.mean() < 130
    assert np.mean(pixels == 255) < 0.01
    assert np.mean(pixels == 0) < 0.01
    still = replace(SETTINGS, program=replace(ALL_GOOD, pictures_per_part=2, bracket_stops=0.0))
    still = replace(still, position_scatter_px=0.0, rotation_scatter_deg=0.0, exposure_scatter=0.0)
    one, two = (render_part(still, number).pixels.astype(float) for number in (0, 1))
    corner = (slice(200, 280), slice(160, 220))
    assert 0.5 < (one - two)[corner].std() < 8.0


@pytest.mark.parametrize("defect_class", DEFECT_CLASSES)
def test_a_defect_is_where_its_mask_says_and_nowhere_else(defect_class: str) -> None:
    for number in range(6):
        bad, good = with_and_without(defect_class, number)
        inside = bad.mask > 0
        change = np.abs(bad.pixels.astype(float) - good.pixels.astype(float))
        assert set(np.unique(bad.mask)) == {0, 255}
        assert 15 < inside.sum() < 0.1 * inside.size
        assert change[inside].mean() > 4.0, "a defect that nobody can see is no ground truth"
        assert change[~inside].mean() < 0.5
        assert not good.mask.any()


@pytest.mark.parametrize("defect_class", DEFECT_CLASSES)
def test_severity_varies_from_part_to_part(defect_class: str) -> None:
    change = []
    for number in range(8):
        bad, good = with_and_without(defect_class, number)
        change.append(float(np.abs(bad.pixels.astype(float) - good.pixels.astype(float)).sum()))
    assert max(change) > 1.3 * min(change)


def test_good_parts_differ_harmlessly() -> None:
    still = replace(SETTINGS, program=ALL_GOOD, position_scatter_px=0.0, rotation_scatter_deg=0.0, exposure_scatter=0.0)
    one, two = (render_part(still, number).pixels.astype(float) for number in (0, 1))
    face = (slice(190, 290), slice(130, 200))
    difference = np.abs(one - two)[face]
    assert 1.0 < difference.mean() < 25.0


def test_parts_lie_a_little_differently() -> None:
    def centre(number: int) -> tuple[float, float]:
        bright = render_part(replace(SETTINGS, program=ALL_GOOD), number).pixels > 80
        rows, columns = np.nonzero(bright)
        return float((rows.min() + rows.max()) / 2), float((columns.min() + columns.max()) / 2)

    centres = np.array([centre(number) for number in range(6)])
    assert np.ptp(centres, axis=0).min() > 1.0
    assert np.abs(centres - (239.5, 319.5)).max() < 12.0


def test_exposure_and_gain_change_the_picture() -> None:
    def brightness(sensor: Sensor) -> float:
        return float(render_part(SETTINGS, 0, sensor).pixels.mean())

    nominal = brightness(Sensor())
    assert brightness(Sensor(light=0.5)) == pytest.approx(0.5 * nominal, rel=0.05)
    assert brightness(Sensor(gain=1.5)) == pytest.approx(1.5 * nominal, rel=0.1)
    assert brightness(Sensor(light=0.001)) < 3.0
    assert brightness(Sensor(light=50.0)) > 250.0


def test_gain_brings_noise_with_it() -> None:
    def noise(sensor: Sensor) -> float:
        patch = render_part(SETTINGS, 0, sensor).pixels[:60, :60].astype(float)
        return float((patch[1:] - patch[:-1]).std())

    assert noise(Sensor(light=0.25, gain=4.0)) > 1.25 * noise(Sensor())


def test_shares_hold_in_every_stretch_of_the_line() -> None:
    program = LineProgram(defects=(DefectShare("scratch", 0.2), DefectShare("dent", 0.1)))
    settings = RenderSettings(seed=8, program=program)
    for start in (0, 137, 5000):
        seen = Counter(defect_of(settings, number) for number in range(start, start + 100))
        assert abs(seen["scratch"] - 20) <= 2
        assert abs(seen["dent"] - 10) <= 2
        assert seen[GOOD] == 100 - seen["scratch"] - seen["dent"]


def test_a_class_appears_from_its_part_on() -> None:
    program = LineProgram(defects=(DefectShare("burr", 0.5, from_part=40), DefectShare("stain", 0.1)))
    settings = RenderSettings(program=program)
    before = {defect_of(settings, number) for number in range(40)}
    after = Counter(defect_of(settings, number) for number in range(40, 80))
    assert "burr" not in before
    assert 18 <= after["burr"] <= 22


def test_the_truth_is_known_without_rendering() -> None:
    settings = RenderSettings(seed=2, program=LineProgram(tuple(DefectShare(name, 0.15) for name in DEFECT_CLASSES)))
    for number in range(25):
        assert render_part(settings, number).defect_class == defect_of(settings, number)


def test_serials_and_lots_name_the_physical_part() -> None:
    settings = RenderSettings(program=LineProgram(parts_per_lot=10, pictures_per_part=3))
    parts = [part_of(settings, number) for number in range(90)]
    assert len({part.group for part in parts}) == 30
    assert parts[0] == parts[2] != parts[3]
    assert len({part.lot for part in parts}) == 3
    assert len({part.serial for part in parts[:30]}) == 10


def test_pictures_of_one_part_share_its_surface_but_not_its_exposure() -> None:
    program = LineProgram(defects=(DefectShare("stain", 1.0),), pictures_per_part=3, bracket_stops=1.0)
    still = RenderSettings(program=program, position_scatter_px=0.0, exposure_scatter=0.0, seed=4)
    dark, normal, bright = (render_part(still, number) for number in range(3))
    assert np.array_equal(dark.mask, normal.mask)
    assert np.array_equal(normal.mask, bright.mask)
    assert dark.pixels.mean() < 0.6 * normal.pixels.mean() < 0.4 * bright.pixels.mean()
    face = (slice(190, 290), slice(130, 200))
    alike = np.corrcoef(dark.pixels[face].ravel(), normal.pixels[face].ravel())[0, 1]
    assert alike > 0.9


def test_the_light_drifts_from_a_part_on() -> None:
    program = replace(ALL_GOOD, drift_per_part=-0.01, drift_from=20)
    settings = RenderSettings(program=program, exposure_scatter=0.0)

    def brightness(number: int) -> float:
        return float(render_part(settings, number).pixels.mean())

    assert brightness(5) == pytest.approx(brightness(19), rel=0.06)
    assert brightness(70) == pytest.approx(brightness(19) * 0.99**50, rel=0.08)
    assert brightness(5000) > 0.25 * brightness(0), "a lamp that is out is no drift any more"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: DefectShare("crack", 0.1), "crack"),
        (lambda: DefectShare("dent", 1.5), "1.5"),
        (lambda: LineProgram(defects=(DefectShare("dent", 0.7), DefectShare("stain", 0.7))), "add up"),
        (lambda: LineProgram(pictures_per_part=0), "at least 1"),
        (lambda: RenderSettings(width=20), "at least 96"),
        (lambda: RenderSettings(seed=-1), "seed"),
    ],
)
def test_impossible_lines_are_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=says):
        make()
