"""Draws every page, dark and light, in two sizes, into PNG files: to be looked at, and for the documents."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QSize
from PySide6.QtWidgets import QApplication

from gui.application import Screen
from gui.look import theme
from gui.look.tokens import PALETTES
from inspector.errors import StoreError

SIZES = (QSize(1280, 800), QSize(1920, 1080))
NAMES = ("run", "review", "learn", "setup")
PARTS = 24
_RUN_MS = 60_000
_SETTLE_MS = 2_500
_LIKEN_MS = 30_000


def draw_pages(application: QApplication, screen: Screen, folder: Path) -> list[Path]:
    """Let some parts go by, then write <page>-<theme>-<width>x<height>.png for each; returns the paths.

    Raises StoreError where a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    screen.window.show()
    _let_parts_go_by(application, screen)
    written = []
    for place, name in enumerate(NAMES):
        screen.window.show_page(place)
        if name == "setup":
            screen.session.running.stop()
            _settle(application, _SETTLE_MS)
            screen.window.setup_page.toggle_live()
        if name == "review":
            screen.window.review_page.show_heat(True)
        _settle(application, _SETTLE_MS)
        written += _draw_all(application, screen, folder, name)
        if name == "run":
            written += _draw_held(application, screen, folder)
        if name == "learn":
            screen.window.learn_page.tabs.setCurrentIndex(1)
            written += _draw_all(application, screen, folder, "operating-point")
            screen.window.learn_page.tabs.setCurrentIndex(2)
            screen.window.learn_page.studies.start()
            _settle(application, _SETTLE_MS)
            written += _draw_all(application, screen, folder, "questions")
    return written


def _draw_held(application: QApplication, screen: Screen, folder: Path) -> list[Path]:
    """The newest reject, if there was one, beside its limit samples."""
    watching = screen.session.watching
    if not watching.rejects:
        return []
    watching.open(watching.rejects[0].inspection.id)
    likening = screen.session.likening
    limit = QDeadlineTimer(_LIKEN_MS)
    while likening.busy and not limit.hasExpired():
        application.processEvents()
    written = _draw_all(application, screen, folder, "run-held")
    watching.release()
    return written


def _draw_all(application: QApplication, screen: Screen, folder: Path, name: str) -> list[Path]:
    return [_draw(application, screen, folder, name, look, size) for look in PALETTES for size in SIZES]


def _let_parts_go_by(application: QApplication, screen: Screen) -> None:
    running = screen.session.running
    running.start()
    limit = QDeadlineTimer(_RUN_MS)
    while running.status.inspections < PARTS and not limit.hasExpired():
        application.processEvents()
    _settle(application, _SETTLE_MS)


def _draw(application: QApplication, screen: Screen, folder: Path, name: str, look: str, size: QSize) -> Path:
    theme.apply(application, look)
    screen.window.resize(size)
    _settle(application, 300)
    path = folder / f"{name}-{look}-{size.width()}x{size.height()}.png"
    if not screen.window.grab().save(str(path)):
        raise StoreError(f"{path}: the picture cannot be written; check the folder and the free space")
    return path


def _settle(application: QApplication, wait_ms: int) -> None:
    """Let workers answer and animations end."""
    limit = QDeadlineTimer(wait_ms)
    while not limit.hasExpired():
        application.processEvents()
