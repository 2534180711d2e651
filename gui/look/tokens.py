"""The design tokens: every colour and every size on the screen is one of these."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.domain import Decision

VERDICT_PX = 64
READ_PX = 20
NOTE_PX = 14
STEP_PX = 8
TOUCH_PX = 48
CORNER_PX = 6
FADE_MS = 100

FAMILIES = ("Noto Sans", "Segoe UI", "DejaVu Sans")


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme's colours as #RRGGBB. text and quiet reach 7:1 on background, surface and raised."""

    name: str
    background: str
    surface: str
    raised: str
    edge: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    ok: str = "#009E73"
    ng: str = "#D55E00"
    recheck: str = "#E69F00"
    unfit: str = "#7E57C2"

    def of(self, decision: Decision) -> str:
        """The colour of a verdict (Okabe-Ito, told apart by colour-blind eyes); never used without its shape."""
        colours = {
            Decision.OK: self.ok,
            Decision.NG: self.ng,
            Decision.RECHECK: self.recheck,
            Decision.UNFIT: self.unfit,
        }
        return colours[decision]


DARK = Palette(
    name="dark",
    background="#14181D",
    surface="#1D232A",
    raised="#262E37",
    edge="#3A4552",
    text="#E8EDF2",
    quiet="#B4BFCA",
    accent="#4C9BE8",
    on_accent="#0C1116",
)
LIGHT = Palette(
    name="light",
    background="#EEF1F4",
    surface="#FFFFFF",
    raised="#E3E8ED",
    edge="#B3BDC7",
    text="#14181D",
    quiet="#3A444F",
    accent="#0A4C8F",
    on_accent="#FFFFFF",
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of #RRGGBB, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(first: str, second: str, share: float) -> str:
    """`share` (0 to 1) of the first colour in the second, as #RRGGBB."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02X}" for one, other in pairs)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, success criterion 1.4.3)."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """White or near-black, whichever reads better on `colour`."""
    return max(("#FFFFFF", DARK.background), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    shares = (channel / 255 for channel in channels(colour))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
