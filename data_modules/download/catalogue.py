"""The catalogue of official archives: `archives.yaml`, read and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Archive:
    """One file of a data set's owner.

    Attributes:
        name: of the file; .zip or .tar.
        urls: where it is, in the order to try.
        size: bytes; None where unknown.
        sha256: 64 lower-case hexadecimal digits; None where nobody publishes it.
        unpacked: bytes that its files may take together.
        expects: paths below the root, and how many entries a folder has at least (1 for a file).
        extra: the data modules do not read it.
    """

    name: str
    urls: tuple[str, ...]
    unpacked: int
    expects: Mapping[str, int]
    size: int | None = None
    sha256: str | None = None
    extra: bool = False

    def is_in(self, root: Path) -> bool:
        """Whether everything that is expected of it lies under a root."""
        return all(has_entries(root / path, count) for path, count in self.expects.items())


@dataclass(frozen=True)
class LayoutEntry:
    """A file or folder that the user has to put in place.

    Attributes:
        path: below the root.
        what: is in it, in words.
        entries: files that a folder has at least; 1 for a file.
    """

    path: str
    what: str
    entries: int = 1


@dataclass(frozen=True)
class Source:
    """How to get a data set: by its archives, or by the user's own steps.

    Attributes:
        name: on the command line.
        title: in words.
        page: of the owner.
        archives: to download.
        steps: what the user has to do, where there is nothing to download.
        layout: what is there after these steps.
    """

    name: str
    title: str
    page: str
    archives: tuple[Archive, ...] = ()
    steps: tuple[str, ...] = ()
    layout: tuple[LayoutEntry, ...] = ()


def read_catalogue(text: str | None = None) -> dict[str, Source]:
    """All sources by name.

    Args:
        text: YAML; None reads the packaged `archives.yaml`.

    Raises:
        ValueError: an archive that no rule can unpack, or that has no address.
    """
    if text is None:
        text = files("data_modules.download").joinpath("archives.yaml").read_text(encoding="utf-8")
    return {name: _source(name, entry) for name, entry in yaml.safe_load(text).items()}


def has_entries(path: Path, count: int) -> bool:
    """Whether a path is a file, or a folder with at least `count` entries."""
    if path.is_dir():
        with os.scandir(path) as entries:
            return sum(1 for _ in entries) >= count
    return count == 1 and path.is_file()


def _source(name: str, entry: dict[str, Any]) -> Source:
    return Source(
        name,
        entry["title"],
        entry["page"],
        tuple(_archive(archive) for archive in entry.get("archives", ())),
        tuple(entry.get("steps", ())),
        tuple(LayoutEntry(**line) for line in entry.get("layout", ())),
    )


def _archive(entry: dict[str, Any]) -> Archive:
    archive = Archive(**{**entry, "urls": tuple(entry["urls"])})
    if Path(archive.name).name != archive.name or not archive.name.endswith((".zip", ".tar")):
        raise ValueError(f"{archive.name}: expected the name of a .zip or .tar file")
    if not archive.urls:
        raise ValueError(f"{archive.name}: expected at least one address")
    return archive
