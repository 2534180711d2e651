"""The room that shows: the only PySide6."""
