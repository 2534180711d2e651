"""What light does to a rendered part: where it shines, where its shadow falls, and how a sensor sees it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inspector.devices.render.flange import BOLT_CIRCLE, BORE, HOLE, HOLES, flange
from inspector.devices.render.light import LAMPS, Finish, Sensor, cast_shadow, expose, shade
from inspector.devices.render.surface import fresh_surface, slopes, turning_marks
from inspector.domain import Floats

SIZE = (320, 240)
PART = flange(*SIZE)
NOTHING: Floats = np.zeros((PART.side, PART.side), np.float32)
ONE: Floats = np.ones((PART.side, PART.side), np.float32)


def at(map_: Floats, reach: float, angle_rad: float) -> float:
    """The mean of a map around one point, given as a share of the radius and an angle."""
    x = round(PART.middle + reach * PART.radius * math.cos(angle_rad))
    y = round(PART.middle + reach * PART.radius * math.sin(angle_rad))
    return float(map_[y - 1 : y + 2, x - 1 : x + 2].mean())


def test_metal_is_where_the_drawing_has_it() -> None:
    cover = fresh_surface(PART, 0.0).cover
    assert at(cover, 0.0, 0.0) == 0.0
    assert at(cover, 0.55, 0.3) == 1.0
    assert at(cover, 1.05, 0.3) == 0.0
    for which in range(HOLES):
        assert at(cover, BOLT_CIRCLE, 2 * math.pi * which / HOLES) == 0.0
        assert at(cover, BOLT_CIRCLE, 2 * math.pi * (which + 0.5) / HOLES) == 1.0
    metal = math.pi * PART.radius**2 * (1 - BORE**2 - HOLES * HOLE**2)
    assert float(cover.sum()) == pytest.approx(metal, rel=0.005)


@pytest.mark.parametrize("turn_deg", [0.0, 5.0, -17.0, 30.0])
def test_the_holes_turn_with_the_part(turn_deg: float) -> None:
    surface = fresh_surface(PART, math.radians(turn_deg))
    for x, y in surface.hole_centres():
        assert surface.cover[round(y), round(x)] < 0.01
    assert float(surface.cover.sum()) == pytest.approx(float(fresh_surface(PART, 0.0).cover.sum()), rel=0.002)


def test_turned_metal_shines_in_a_bow_tie() -> None:
    """Facets tilt along the radius, so the highlight lies on the line towards the lamp, on both sides."""
    face = shade(SIZE, NOTHING, NOTHING, ONE, Finish())
    towards = math.atan2(LAMPS[0].tilt_y, LAMPS[0].tilt_x)
    lit = [at(face, 0.8, towards), at(face, 0.8, towards + math.pi)]
    aside = [at(face, 0.8, towards + math.pi / 2), at(face, 0.8, towards - math.pi / 2)]
    assert min(lit) > 1.5 * max(aside)


def test_a_chamfer_that_faces_the_lamp_is_brighter() -> None:
    outward = np.full_like(NOTHING, -0.5)
    rim = shade(SIZE, outward, NOTHING, ONE, Finish())
    towards = math.atan2(LAMPS[0].tilt_y, LAMPS[0].tilt_x)
    assert at(rim, 0.95, towards) > 1.3 * at(rim, 0.95, towards + math.pi)


def test_dull_metal_does_not_shine() -> None:
    towards = math.atan2(LAMPS[0].tilt_y, LAMPS[0].tilt_x)
    bright, dull = (at(shade(SIZE, NOTHING, NOTHING, gloss, Finish()), 0.8, towards) for gloss in (ONE, NOTHING))
    assert dull < 0.6 * bright


def test_the_shadow_falls_away_from_the_lamp_and_light_comes_through_the_bore() -> None:
    cover = np.zeros((200, 200), np.float32)
    cover[70:130, 70:130] = 1.0
    shadow = cast_shadow(cover, 40.0)
    assert shadow.shape == cover.shape
    assert shadow[136, 136] > shadow[64, 64] + 0.1
    assert shadow[100, 100] > 0.6
    assert shadow[5, 5] == pytest.approx(0.0, abs=1e-6)
    assert 0.0 <= float(shadow.min()) <= float(shadow.max()) < 1.0


def test_slopes_are_those_of_the_relief() -> None:
    surface = fresh_surface(PART, 0.0)
    rows, columns = np.mgrid[0 : PART.side, 0 : PART.side].astype(np.float32)
    surface.relief = np.asarray(0.2 * columns - 0.1 * rows, dtype=np.float32)
    radial, along = slopes(surface, NOTHING)
    inner = (PART.r > 1.0) & (PART.r < PART.middle - 2)
    across = (radial - PART.slope) * PART.x - along * PART.y
    down = (radial - PART.slope) * PART.y + along * PART.x
    assert np.allclose(across[inner], 0.2, atol=1e-4)
    assert np.allclose(down[inner], -0.1, atol=1e-4)


def test_turning_marks_run_around_the_centre() -> None:
    slope, streak = turning_marks(SIZE, np.random.default_rng(1), np.random.default_rng(2))
    ring = [at(slope, 0.6, angle) for angle in np.linspace(0, 6, 12)]
    spoke = [at(slope, reach, 0.3) for reach in np.linspace(0.45, 0.95, 12)]
    assert np.std(ring) < 0.6 * np.std(spoke)
    assert float(np.std(streak)) == pytest.approx(1.0, abs=0.4)


def test_marks_of_one_lot_share_their_feed() -> None:
    """The tool's edge belongs to the lot: its feed is the strongest tone along the radius, lot by lot."""
    part = flange(640, 480)
    middle, rim = round(part.middle), round(part.middle + part.radius)

    def strongest_tone(lot: int) -> int:
        spokes = [
            turning_marks((640, 480), np.random.default_rng(lot), np.random.default_rng(own))[0][middle, middle:rim]
            for own in range(12)
        ]
        return int(np.mean([np.abs(np.fft.rfft(spoke)) for spoke in spokes], axis=0)[5:].argmax())

    tones = [strongest_tone(lot) for lot in (1, 2, 3)]
    assert tones == [strongest_tone(lot) for lot in (1, 2, 3)]
    assert len(set(tones)) == 3


def test_a_sensor_is_linear_until_it_is_full() -> None:
    scene = np.full((60, 80), 0.3, np.float32)

    def level(sensor: Sensor) -> float:
        return float(expose(scene, sensor, np.random.default_rng(0)).mean())

    assert level(Sensor(light=2.0)) == pytest.approx(2 * level(Sensor()), rel=0.02)
    assert level(Sensor(gain=2.0)) == pytest.approx(2 * level(Sensor()), rel=0.02)
    assert level(Sensor(light=20.0)) == 255.0
    assert level(Sensor(light=0.0)) < 1.5


def test_shot_noise_grows_with_the_root_of_the_light() -> None:
    scene = np.full((120, 160), 0.1, np.float32)

    def noise(light: float) -> float:
        pixels = [
            expose(scene, Sensor(light), np.random.default_rng(seed)).astype(float)[40:80, 60:100] for seed in (1, 2)
        ]
        return float((pixels[0] - pixels[1]).std())

    assert noise(8.0) / noise(2.0) == pytest.approx(2.0, rel=0.2)


def test_the_corners_are_darker_than_the_middle() -> None:
    flat = expose(np.full((240, 320), 0.5, np.float32), Sensor(), np.random.default_rng(3)).astype(float)
    corners = [flat[:20, -20:].mean(), flat[-20:, :20].mean(), flat[-20:, -20:].mean()]
    assert max(corners) < flat[110:130, 150:170].mean()
