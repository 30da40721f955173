"""What a folder of results holds for the page, and what it lacks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.store import ResultError

Content = dict[str, Any]
FORMAT = 1  # of every report; others are refused

# What the page can show, in its order, and the make target that makes it.
TABLES = {"table1": "Table 1", "table2": "Table 2", "table3": "Table 3", "table4": "Table 4"}
STUDIES = {
    "orders": "Label orders",
    "beam": "Beam width",
    "scoring": "Rankings from paths",
    "sizes": "Embedding and hidden sizes",
    "cells": "Recurrent cells",
    "recall": "Recall by object size",
}


@dataclass(frozen=True)
class Missing:
    """A part of the page that is not there, and what makes it."""

    name: str
    target: str


@dataclass
class Results:
    """The reports of a results folder.

    Attributes:
        folder: where they lie.
        tables: by id, those of the paper first.
        ablation: of section 4.3.
        studies: by name.
        figures: of the paper, with Table 5.
        missing: what is not there.
    """

    folder: Path
    tables: dict[str, Content] = field(default_factory=dict)
    ablation: Content | None = None
    studies: dict[str, Content] = field(default_factory=dict)
    figures: Content | None = None
    missing: list[Missing] = field(default_factory=list)

    @property
    def all(self) -> list[Content]:
        """Every report that is there."""
        single = [found for found in (self.ablation, self.figures) if found]
        return [*self.tables.values(), *single, *self.studies.values()]

    @property
    def figure_folder(self) -> Path:
        """Where the figures lie."""
        return self.folder / "figures"


def read(folder: Path) -> Results:
    """Reads all reports of a folder; absent ones are listed as missing.

    Raises:
        ResultError: the folder does not exist, or a file is damaged or of another version.
    """
    if not folder.is_dir():
        raise ResultError(f"{folder} is no folder of results: `make tables` makes one")
    results = Results(folder)
    for name, words in TABLES.items():
        found = _read(folder / f"{name}.json")
        if found is None:
            results.missing.append(Missing(words, f"make {name}"))
        else:
            results.tables[name] = found
    for file in sorted(folder.glob("*.json")):
        name = file.stem
        known = name in TABLES or name in ("ablation", "claims") or name.startswith("study-")
        if not known and _is_table(file) and (found := _read(file)):
            results.tables[name] = found
    results.ablation = _read(folder / "ablation.json")
    if results.ablation is None:
        results.missing.append(Missing("Ablation: No RNN", "make ablation"))
    names = [*STUDIES, *_other_studies(folder)]
    for name in names:
        found = _read(folder / f"study-{name}.json")
        if found is None:
            results.missing.append(Missing(f"Study: {STUDIES[name]}", f"make study-{name}"))
        else:
            results.studies[name] = found
    results.figures = _read(results.figure_folder / "figures.json")
    if results.figures is None:
        results.missing.append(Missing("Figures 6 to 10, Table 5", "make figures"))
    return results


def _other_studies(folder: Path) -> list[str]:
    found = (file.stem.removeprefix("study-") for file in sorted(folder.glob("study-*.json")))
    return [name for name in found if name not in STUDIES]


def _is_table(file: Path) -> bool:
    """Whether a file is a table of one's own; a rehearsal or whatever else lies there is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return True  # torn: `_read` says so
    return isinstance(content, dict) and "table" in content and "rows" in content


def _read(file: Path) -> Content | None:
    """A report; None where there is none.

    Raises:
        ResultError: the file is damaged or of another version.
    """
    if not file.exists():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ResultError(f"{file} is no report of this version: make it again")
    return content
