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
from benchmarks.spec import (
    DataSetName,
    Decide,
    Inputs,
    RowSpec,
    Settings,
    SpecError,
    TableKind,
    TableSpec,
    Training,
)

TABLES = Path(__file__).parent / "tables"
CLASS_COLUMN = "ap_11/{name}"  # the 11-point AP of a class, as the reports name it


def read_table(name: str | Path) -> TableSpec:
    """A packaged table by its name (`table3`), or one in a file of its own.

    Raises:
        SpecError: there is no such table, or it is malformed.
    """
    file = Path(name) if str(name).endswith((".yaml", ".yml")) else TABLES / f"{name}.yaml"
    place = Place(file.name)
    content = place.mapping(
        read_yaml(file),
        required=(
            *("title", "kind", "data", "top_k", "map_k", "columns", "training", "rows"),
            *("reference", "settings"),
        ),
        optional=("classes",),
    )
    kind: TableKind = place.child("kind").one_of(content["kind"], get_args(TableKind))
    columns = tuple(
        place.child("columns").one_of(column, (*DECIDED, *RANKED))
        for column in place.child("columns").sequence(content["columns"])
    )
    classes_place = place.child("classes")
    classes = tuple(
        classes_place.text(name)
        for name in (classes_place.sequence(content["classes"]) if "classes" in content else ())
    )
    shared = _training(place.child("training"), content["training"], Training())
    rows: list[RowSpec] = []
    for index, row in enumerate(place.child("rows").sequence(content["rows"])):
        rows.append(_row(place.child(f"rows[{index}]"), row, columns, classes, shared))
    ids = [row.id for row in rows]
    for row_id in ids:
        if ids.count(row_id) > 1:
            raise SpecError(f"{place.child('rows')}: two rows have the id {row_id!r}")
    for row in rows:
        if row.settings_of is not None and (row.search or row.settings_of not in ids):
            raise SpecError(
                f"{place.child('rows')}: settings_of of {row.id} is to name another row, and the "
                "row is to have no search"
            )
    settings_place = place.child("settings")
    return TableSpec(
        id=file.stem,
        title=place.child("title").text(content["title"]),
        kind=kind,
        top_k=place.child("top_k").positive(content["top_k"]),
        map_k=place.child("map_k").positive(content["map_k"]),
        columns=(*(CLASS_COLUMN.format(name=name) for name in classes), *columns),
        rows=(*(r for r in rows if not r.below_line), *(r for r in rows if r.below_line)),
        settings={
            data: _settings(settings_place.child(data), settings, ids)
            for data, settings in settings_place.mapping(content["settings"]).items()
        },
        file=file,
        data=place.child("data").one_of(content["data"], get_args(DataSetName)),
        reference=place.child("reference").one_of(content["reference"], tuple(ids)),
    )


def _row(
    place: Place,
    content: object,
    columns: tuple[str, ...],
    classes: tuple[str, ...],
    shared: Training,
) -> RowSpec:
    fields = place.mapping(
        content,
        required=("id", "name", "task"),
        optional=(
            *("arguments", "training", "published", "below_line", "search", "note"),
            *("inputs", "decide", "settings_of"),
        ),
    )
    row_id = place.child("id").text(fields["id"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row_id):
        raise SpecError(f"{place.child('id')}: expected small letters, digits, _; got {row_id!r}")
    search_place = place.child("search")
    search = search_place.mapping(fields.get("search", {}))
    task = fields["task"]
    note, kin = fields.get("note"), fields.get("settings_of")
    row = RowSpec(
        id=row_id,
        name=place.child("name").text(fields["name"]),
        task=None if task is None else place.child("task").text(task),
        arguments=place.child("arguments").arguments(fields.get("arguments", {})),
        training=_training(place.child("training"), fields.get("training", {}), shared),
        published=_published(
            place.child("published"), fields.get("published", {}), columns, classes
        ),
        below_line=place.child("below_line").boolean(fields.get("below_line", False)),
        search={
            name: [
                search_place.child(name).argument(value)
                for value in search_place.child(name).sequence(values)
            ]
            for name, values in search.items()
        },
        note=None if note is None else place.child("note").text(note),
        inputs=place.child("inputs").one_of(fields.get("inputs", "image"), get_args(Inputs)),
        decide=place.child("decide").one_of(fields.get("decide", "top_k"), get_args(Decide)),
        settings_of=None if kin is None else place.child("settings_of").text(kin),
    )
    fine_tuned = row.arguments.get("fine_tune", False)
    if row.training.augment and not fine_tuned:
        raise SpecError(f"{place}: training.augment needs arguments.fine_tune: true")
    if row.inputs == "regions" and fine_tuned:
        raise SpecError(f"{place}: a row on regions cannot be fine-tuned")
    return row


def _published(
    place: Place, content: object, columns: tuple[str, ...], classes: tuple[str, ...]
) -> dict[str, PublishedCell]:
    """A cell for each column; those of classes stand under the classes' names."""
    given = place.mapping(content, optional=(*classes, *columns))
    names = {name: CLASS_COLUMN.format(name=name) for name in classes}
    names.update(zip(columns, columns, strict=True))
    cells: dict[str, PublishedCell] = {}
    for name, column in names.items():
        try:
            cells[column] = PublishedCell.parse(given.get(name))
        except ValueError as error:
            raise SpecError(f"{place.child(name)}: expected {error}") from None
    return cells


def _training(place: Place, content: object, base: Training) -> Training:
    names = tuple(field.name for field in dataclasses.fields(Training))
    fields = place.arguments(place.mapping(content, optional=names))
    for name in ("max_epochs", "patience", "batch_size"):
        if name in fields:
            place.child(name).positive(fields[name])
    held_out = place.child("held_out").number(fields.get("held_out", base.held_out))
    if not 0 < held_out < 1:
        raise SpecError(f"{place.child('held_out')}: expected a share in (0, 1), got {held_out}")
    place.child("augment").boolean(fields.get("augment", base.augment))
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
