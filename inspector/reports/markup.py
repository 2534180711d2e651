"""The one way to write an element: whatever is not Markup already is text, and is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_VOID = frozenset({"meta", "img", "br", "hr"})
# Neither HTML nor XML can carry them; a folder's name on a disk can.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is HTML or SVG already; made by the functions here alone."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Anything as text that means nothing to a browser."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(_UNPRINTABLE.sub("\ufffd", str(value))))


def join(parts: Iterable[object]) -> Markup:
    return Markup("".join(text(part) for part in parts))


def element(name: str, /, *content: object, **attributes: object) -> Markup:
    """<name attributes>content</name>. `class_` is class, `stroke_width` is stroke-width; None leaves one out."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{words}>" if name in _VOID else f"<{name}{words}>{join(content)}</{name}>")


def paragraph(*content: object, class_: str | None = None) -> Markup:
    return element("p", *content, class_=class_)


def bullets(items: Iterable[object]) -> Markup:
    """A list, or nothing where there is nothing to list."""
    lines = [element("li", item) for item in items]
    return element("ul", *lines) if lines else Markup()


def table(caption: str, heads: Sequence[object], rows: Iterable[Sequence[object]], class_: str | None = None) -> Markup:
    """A captioned table; the first cell of each row is its head."""
    top = element("tr", *(element("th", head, scope="col") for head in heads))
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    return element("table", element("caption", caption), element("thead", top), element("tbody", *body), class_=class_)


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """Names and values, one below the other."""
    pairs = (join([element("dt", name), element("dd", value)]) for name, value in rows)
    return element("dl", *pairs)


def section(title: str, *content: object) -> Markup:
    return element("section", element("h2", title), *content)
