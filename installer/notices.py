"""What is said of other people's work in the bundle: each package that was installed for it, with its licence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

BUILDING = {"pip", "setuptools", "pyinstaller", "pyinstaller-hooks-contrib", "altgraph", "inspector"}


def licence(package: Distribution) -> str:
    """By its own metadata: an expression, else its classifiers, else the first line of a text."""
    expressions, lines, texts = (
        package.metadata.get_all(name) or [] for name in ("License-Expression", "Classifier", "License")
    )
    classifiers = [line.rsplit(" :: ", 1)[1] for line in lines if line.startswith("License ::")]
    said = [*expressions, ", ".join(classifiers), *(text.strip().split("\n")[0] for text in texts)]
    return next(filter(None, said), "see its licence text")


def licence_texts(package: Distribution) -> Iterator[str]:
    for file in package.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE")):
            yield Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")


def main(target: str) -> None:
    packages = sorted(
        (package for package in distributions() if package.metadata["Name"].lower() not in BUILDING),
        key=lambda package: package.metadata["Name"].lower(),
    )
    lines = [f"{package.metadata['Name']} {package.version}: {licence(package)}" for package in packages]
    texts = [
        f"\n{'=' * 78}\n{package.metadata['Name']} {package.version}\n{'=' * 78}\n{text}"
        for package in packages
        for text in licence_texts(package)
    ]
    Path(target).write_text("\n".join(["Other people's work in this program", "", *lines, *texts]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
