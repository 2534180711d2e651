"""A report's page taken apart as a browser would, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "img", "br", "hr"}
OUTSIDE = re.compile(r"https?:|file:|ftp:|(?<![a-z])//|url\(|@import|<script|javascript:", re.I)
REFERENCES = {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}


@dataclass
class Page(HTMLParser):
    """What a page holds. faults: in words, empty where it is as it should be."""

    text: str
    faults: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lang: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(self.text)
        self.close()
        if self._open:
            self.faults.append(f"never closed: {self._open}")
        self._judge()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if len(known) != len(attrs):
            self.faults.append(f"{tag}: an attribute twice")
        self.faults += [f"{tag}: {name}" for name in known if name.startswith("on")]
        self.faults += [
            f"{tag}: {name} leads outside: {value[:40]}"
            for name, value in known.items()
            if name in REFERENCES and not value.startswith("data:image/jpeg;base64,")
        ]
        if tag == "html":
            self.lang = known.get("lang", "")
        if tag == "img":
            self.images.append(known)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"closes what is not open: {tag}")

    def handle_data(self, data: str) -> None:
        if self._open and re.fullmatch("h[1-6]", self._open[-1]):
            level, before = self.headings[-1]
            self.headings[-1] = (level, before + data)
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    def _judge(self) -> None:
        if OUTSIDE.search(re.sub(r'src="data:[^"]*"', "", self.text)):
            self.faults.append("something leads outside")
        if not self.text.startswith("<!DOCTYPE html>") or not self.lang:
            self.faults.append("no document type or no language")
        self.faults += ["a picture without words" for image in self.images if not image.get("alt")]
        levels = [level for level, _ in self.headings]
        if levels[:1] != [1] or levels.count(1) != 1:
            self.faults.append("expected one first heading")
        steps = pairwise(levels)
        self.faults += [f"heading {after} after {before}" for before, after in steps if after > before + 1]
