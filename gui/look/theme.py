"""The theme: Fusion with our palette and a style sheet made of the design tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from gui.look.tokens import CORNER_PX, DARK, FAMILIES, NOTE_PX, PALETTES, READ_PX, STEP_PX, TOUCH_PX, Palette

_ROLES = {
    QPalette.ColorRole.Window: "background",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "raised",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "quiet",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
}


def apply(application: QApplication, name: str) -> None:
    """Give the whole application the theme called `name` (dark or light; anything else is dark)."""
    palette = PALETTES.get(name, DARK)
    application.setProperty("theme", palette.name)
    application.setStyle("Fusion")
    application.setFont(_font())
    application.setPalette(_qt_palette(palette))
    application.setStyleSheet(style_sheet(palette))


def colours() -> Palette:
    """The palette in use: what widgets that paint themselves paint with."""
    application = QApplication.instance()
    return PALETTES.get(str(application.property("theme")) if application else DARK.name, DARK)


def sized(size_px: int, bold: bool = False) -> QFont:
    """The application's font at one of the three sizes."""
    font = QFont(QApplication.font())
    font.setPixelSize(size_px)
    font.setBold(bold)
    return font


def _font() -> QFont:
    installed = set(QFontDatabase.families())
    font = QFont(next((family for family in FAMILIES if family in installed), QApplication.font().family()))
    font.setPixelSize(NOTE_PX)
    font.setFeature(QFont.Tag("tnum"), 1)  # numbers that change must not dance
    return font


def _qt_palette(palette: Palette) -> QPalette:
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(role, QColor(getattr(palette, token)))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(palette.edge))
    return made


def style_sheet(palette: Palette) -> str:
    """The rules, in order of appearance: text, frames, buttons, fields, bars, tables."""
    return "\n".join((_text_rules(palette), _button_rules(palette), _field_rules(palette), _table_rules(palette)))


def _text_rules(p: Palette) -> str:
    return f"""
    QWidget {{ color: {p.text}; font-size: {NOTE_PX}px; }}
    QMainWindow, QStackedWidget {{ background: {p.background}; }}
    QScrollArea, QScrollArea > QWidget, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QLabel[scale="read"] {{ font-size: {READ_PX}px; }}
    QLabel[tone="quiet"] {{ color: {p.quiet}; }}
    QLabel[tone="strong"] {{ font-weight: 600; }}
    QFrame[plane="surface"] {{ background: {p.surface}; border: none; border-radius: {CORNER_PX}px; }}
    QFrame[plane="rail"] {{ background: {p.surface}; border: none; }}
    QFrame[plane="keys"] {{ background: {p.surface}; border: none; border-top: 1px solid {p.edge}; }}
    QFrame[plane="fault"] {{ background: {p.raised}; border: none; border-left: {STEP_PX}px solid {p.ng}; }}
    QFrame[plane="notice"] {{ background: {p.raised}; border: none; border-left: {STEP_PX}px solid {p.accent}; }}
    QToolTip {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.edge}; padding: 4px; }}
    """


def _button_rules(p: Palette) -> str:
    return f"""
    QPushButton {{
        background: {p.raised}; border: 2px solid {p.raised}; border-radius: {CORNER_PX}px;
        padding: 0px 14px; min-height: {TOUCH_PX - 4}px; font-size: {READ_PX}px;
    }}
    QPushButton[dense="true"] {{ min-height: 32px; font-size: {NOTE_PX}px; padding: 0px 10px; }}
    QPushButton:hover {{ border-color: {p.edge}; }}
    QPushButton:pressed {{ background: {p.edge}; }}
    QPushButton:focus {{ border-color: {p.accent}; }}
    QPushButton:disabled {{ color: {p.edge}; background: {p.surface}; border-color: {p.raised}; }}
    QPushButton[rank="first"] {{ background: {p.accent}; border-color: {p.accent}; color: {p.on_accent}; }}
    QPushButton[rank="first"]:focus {{ border-color: {p.text}; }}
    QPushButton[rank="first"]:disabled {{ background: {p.surface}; color: {p.edge}; border-color: {p.raised}; }}
    QPushButton[rank="rail"] {{
        background: transparent; border: none; border-left: 4px solid transparent; border-radius: 0px;
        text-align: left; padding: 0px 12px; min-height: {TOUCH_PX + STEP_PX}px;
    }}
    QPushButton[rank="rail"]:hover {{ background: {p.raised}; }}
    QPushButton[rank="rail"]:checked {{ background: {p.raised}; border-left-color: {p.accent}; font-weight: 600; }}
    QPushButton[rank="rail"]:focus {{
        border: 2px solid {p.accent}; border-left-width: 4px; padding: 0px 10px 0px 12px;
    }}
    QPushButton[rank="key"] {{
        background: transparent; border-color: transparent; padding: 0px 8px 0px 4px; min-height: {TOUCH_PX - 4}px;
        font-size: {NOTE_PX}px;
    }}
    QPushButton[rank="key"]:hover {{ background: {p.raised}; }}
    QPushButton[rank="key"]:focus {{ border-color: {p.accent}; }}
    """


def _field_rules(p: Palette) -> str:
    return f"""
    QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
        background: {p.raised}; border: 2px solid {p.edge}; border-radius: {CORNER_PX}px;
        min-height: 32px; padding: 0px 8px; selection-background-color: {p.accent};
    }}
    QAbstractSpinBox QLineEdit {{ background: transparent; border: none; min-height: 0px; padding: 0px 0px 0px 6px; }}
    QComboBox QLineEdit {{ background: transparent; border: none; min-height: 0px; padding: 0px; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0px; border: none; }}
    QLineEdit[scale="read"] {{ font-size: {READ_PX}px; }}
    QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{ border-color: {p.accent}; }}
    QComboBox::drop-down {{ border: none; width: 24px; }}
    QComboBox QAbstractItemView {{ background: {p.raised}; selection-background-color: {p.accent}; }}
    QCheckBox {{ spacing: {STEP_PX}px; min-height: 32px; }}
    QCheckBox:focus {{ color: {p.accent}; }}
    QCheckBox::indicator {{
        width: 16px; height: 16px; border: 2px solid {p.quiet}; border-radius: {CORNER_PX}px; background: {p.surface};
    }}
    QCheckBox::indicator:checked {{ border-color: {p.text}; background: {p.accent}; }}
    QCheckBox::indicator:disabled {{ border-color: {p.edge}; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {p.edge}; }}
    QTabBar::tab {{
        background: transparent; border: 2px solid transparent; border-bottom: 4px solid transparent;
        padding: 6px 16px; min-height: 24px; font-size: {READ_PX}px;
    }}
    QTabBar::tab:hover {{ background: {p.raised}; }}
    QTabBar::tab:selected {{ border-bottom-color: {p.accent}; }}
    QTabBar:focus::tab:selected, QTabBar::tab:selected:focus {{ border-color: {p.accent}; }}
    QProgressBar {{
        background: {p.raised}; border: none; border-radius: {CORNER_PX}px; min-height: 16px; max-height: 16px;
    }}
    QProgressBar::chunk {{ background: {p.accent}; border-radius: {CORNER_PX}px; }}
    QSlider {{ min-height: 32px; }}
    QSlider::groove:horizontal {{ background: {p.edge}; height: 4px; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {p.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{
        background: {p.text}; width: 20px; height: 20px; margin: -10px 0px; border-radius: 10px;
        border: 2px solid {p.text};
    }}
    QSlider::handle:horizontal:focus {{ border-color: {p.accent}; }}
    QSlider::handle:horizontal:disabled {{ background: {p.edge}; border-color: {p.edge}; }}
    QScrollBar:vertical {{ background: transparent; width: 16px; }}
    QScrollBar:horizontal {{ background: transparent; height: 16px; }}
    QScrollBar::handle {{ background: {p.edge}; border-radius: 4px; margin: 4px; min-height: 48px; min-width: 48px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0px; height: 0px; }}
    """


def _table_rules(p: Palette) -> str:
    return f"""
    QTableView, QListView, QPlainTextEdit {{
        background: {p.surface}; border: 2px solid transparent; border-radius: {CORNER_PX}px;
        gridline-color: {p.edge}; selection-background-color: {p.raised}; selection-color: {p.text};
    }}
    QTableView:focus, QListView:focus, QPlainTextEdit:focus {{ border-color: {p.accent}; }}
    QTableView::item, QListView::item {{ padding: 8px; }}
    QHeaderView::section {{
        background: {p.surface}; color: {p.quiet}; border: none; border-bottom: 1px solid {p.edge}; padding: 8px;
    }}
    QTableCornerButton::section {{ background: {p.surface}; border: none; }}
    """
