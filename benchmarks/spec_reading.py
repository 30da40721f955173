"""Reads a table's YAML strictly: whatever is missing, unknown or of another type is an error."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from benchmarks.metric_names import DECIDED, RANKED
from benchmarks.published import PublishedCell
from benchmarks.spec import RowSpec, Settings, SpecError, TableKind, TableSpec, Training

TABLES = Path(__file__).parent / "tables"


def read_table(name: str | Path) -> TableSpec:
    """A packaged table by its name (`table3`), or one in a file of its own.

    Raises:
        SpecError: there is no such table, or it is malformed.
    """
    file = Path(name) if str(name).endswith((".yaml", ".yml")) else TABLES / f"{name}.yaml"
    place = Place(file.name)
    content = place.mapping(
        read_yaml(file),
        required=("title", "kind", "top_k", "map_k", "columns", "training", "rows", "settings"),
    )
    kind: TableKind = place.child("kind").one_of(content["kind"], get_args(TableKind))
    columns = tuple(
        place.child("columns").one_of(column, (*DECIDED, *RANKED))
        for column in place.child("columns").sequence(content["columns"])
    )
    shared = _training(place.child("training"), content["training"], Training())
    rows: list[RowSpec] = []
    for index, row in enumerate(place.child("rows").sequence(content["rows"])):
        rows.append(_row(place.child(f"rows[{index}]"), row, columns, shared))
    ids = [row.id for row in rows]
    for row_id in ids:
        if ids.count(row_id) > 1:
            raise SpecError(f"{place.child('rows')}: two rows have the id {row_id!r}")
    settings_place = place.child("settings")
    return TableSpec(
        id=file.stem,
        title=place.child("title").text(content["title"]),
        kind=kind,
        top_k=place.child("top_k").positive(content["top_k"]),
        map_k=place.child("map_k").positive(content["map_k"]),
        columns=columns,
        rows=(*(r for r in rows if not r.below_line), *(r for r in rows if r.below_line)),
        settings={
            data: _settings(settings_place.child(data), settings, ids)
            for data, settings in settings_place.mapping(content["settings"]).items()
        },
        file=file,
    )


def _row(place: Place, content: object, columns: tuple[str, ...], shared: Training) -> RowSpec:
    fields = place.mapping(
        content,
        required=("id", "name", "task"),
        optional=("arguments", "training", "published", "below_line", "search", "note"),
    )
    row_id = place.child("id").text(fields["id"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row_id):
        raise SpecError(f"{place.child('id')}: expected small letters, digits, _; got {row_id!r}")
    published_place = place.child("published")
    published = published_place.mapping(fields.get("published", {}), optional=columns)
    cells: dict[str, PublishedCell] = {}
    for column in columns:
        try:
            cells[column] = PublishedCell.parse(published.get(column))
        except ValueError as error:
            raise SpecError(f"{published_place.child(column)}: expected {error}") from None
    search_place = place.child("search")
    search = search_place.mapping(fields.get("search", {}))
    task = fields["task"]
    note = fields.get("note")
    return RowSpec(
        id=row_id,
        name=place.child("name").text(fields["name"]),
        task=None if task is None else place.child("task").text(task),
        arguments=place.child("arguments").arguments(fields.get("arguments", {})),
        training=_training(place.child("training"), fields.get("training", {}), shared),
        published=cells,
        below_line=place.child("below_line").boolean(fields.get("below_line", False)),
        search={
            name: [
                search_place.child(name).argument(value)
                for value in search_place.child(name).sequence(values)
            ]
            for name, values in search.items()
        },
        note=None if note is None else place.child("note").text(note),
    )


def _training(place: Place, content: object, base: Training) -> Training:
    names = tuple(field.name for field in dataclasses.fields(Training))
    fields = place.arguments(place.mapping(content, optional=names))
    for name in ("max_epochs", "patience", "batch_size"):
        if name in fields:
            place.child(name).positive(fields[name])
    held_out = place.child("held_out").number(fields.get("held_out", base.held_out))
    if not 0 < held_out < 1:
        raise SpecError(f"{place.child('held_out')}: expected a share in (0, 1), got {held_out}")
    clip = fields.get("gradient_clip", base.gradient_clip)
    if clip is not None and place.child("gradient_clip").number(clip) <= 0:
        raise SpecError(f"{place.child('gradient_clip')}: expected a norm above 0, got {clip}")
    return dataclasses.replace(base, **fields)


def _settings(place: Place, content: object, row_ids: list[str]) -> Settings:
    fields = place.mapping(content, required=("tuned", "rows"))
    tuned = fields["tuned"]
    rows_place = place.child("rows")
    rows = rows_place.mapping(fields["rows"], optional=tuple(row_ids))
    return Settings(
        tuned=None if tuned is None else place.child("tuned").text(tuned),
        rows={row: rows_place.child(row).arguments(values) for row, values in rows.items()},
    )


class Place:
    """A place in a YAML file; what is asked of its content is checked, or the place is named.

    Every method raises SpecError where the content is not what it asks for.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return self.path

    def child(self, name: str) -> Place:
        """A place below this one."""
        separator = ": " if self.path.endswith((".yaml", ".yml")) else "."
        return Place(f"{self.path}{separator}{name}")

    def mapping(
        self,
        content: object,
        required: tuple[str, ...] | None = None,
        optional: tuple[str, ...] | None = None,
    ) -> dict[str, Any]:
        """A mapping with the required keys and no other than these and the optional ones."""
        if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
            raise SpecError(f"{self}: expected a mapping with names as keys, got {content!r}")
        known = (*(required or ()), *(optional or ()))
        for name in required or ():
            if name not in content:
                raise SpecError(f"{self}: {name!r} is missing")
        for name in content:
            if (required is not None or optional is not None) and name not in known:
                raise SpecError(f"{self}: unknown key {name!r}; known: {', '.join(known)}")
        return dict(content)

    def sequence(self, content: object) -> list[Any]:
        """A list with at least one element."""
        if not isinstance(content, list) or not content:
            raise SpecError(f"{self}: expected a list with at least one element, got {content!r}")
        return content

    def text(self, content: object) -> str:
        """A text that is not empty."""
        if not isinstance(content, str) or not content.strip():
            raise SpecError(f"{self}: expected a text, got {content!r}")
        return content

    def one_of(self, content: object, names: tuple[Any, ...]) -> Any:
        """One of several values."""
        if content not in names:
            raise SpecError(f"{self}: expected one of {', '.join(names)}, got {content!r}")
        return content

    def boolean(self, content: object) -> bool:
        """True or false."""
        if not isinstance(content, bool):
            raise SpecError(f"{self}: expected true or false, got {content!r}")
        return content

    def number(self, content: object) -> float:
        """A number."""
        if isinstance(content, bool) or not isinstance(content, (int, float)):
            raise SpecError(f"{self}: expected a number, got {content!r}")
        return content

    def positive(self, content: object) -> int:
        """A whole number from 1 on."""
        if isinstance(content, bool) or not isinstance(content, int) or content < 1:
            raise SpecError(f"{self}: expected a whole number of at least 1, got {content!r}")
        return content

    def arguments(self, content: object) -> dict[str, Any]:
        """Named arguments with plain values."""
        return {
            name: self.child(name).argument(value) for name, value in self.mapping(content).items()
        }

    def argument(self, content: object) -> Any:
        """A plain value; a number that YAML reads as text is refused."""
        if isinstance(content, str) and re.fullmatch(r"[-+]?\d[\d_]*(\.\d*)?e[-+]?\d+", content):
            raise SpecError(
                f"{self}: YAML reads {content} as text; write it with a point and a sign (1.0e-4)"
            )
        if content is not None and not isinstance(content, (str, bool, int, float)):
            raise SpecError(f"{self}: expected a plain value, got {content!r}")
        return content


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, which YAML forbids and PyYAML accepts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: list[Any] = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"the mapping that begins at line {line} has {key!r} twice")
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> object:
    """The content of a YAML file.

    Raises:
        SpecError: no such file, or no YAML.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(path.stem for path in TABLES.glob("*.yaml")))
        raise SpecError(f"no table in {file}; the packaged ones: {known}") from None
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SpecError(f"{file.name}: no valid YAML: {error}") from None
