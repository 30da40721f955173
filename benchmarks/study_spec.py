"""What a study is made of: rows that vary one thing about a row of a table. Read strictly."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from benchmarks.metric_names import DECIDED, RANKED
from benchmarks.spec import RowSpec, Settings, SpecError, TableSpec
from benchmarks.spec_reading import Place, read_table, read_yaml

STUDIES = Path(__file__).parent / "studies"
SEED_STEP = 1000  # between the networks of an ensemble that differ in their seed alone

StudyKind = Literal["dots", "lines", "recall"]


@dataclass(frozen=True)
class StudyRow:
    """A row of a study: trained, decoded anew from trained networks, or an ensemble of them.

    Attributes:
        id: names the row.
        name: stands in the report.
        base: id of the table's row that it varies.
        arguments: of the base row's task that differ from the base row.
        decode: arguments of the task that only decoding sees; the networks are those of `of`.
        ensemble: ids of the study's rows whose networks, of one seed, vote.
        networks: of an ensemble of one row: so many, of different seeds.
        of: the row whose networks are decoded anew.
        at: its place on the horizontal axis of each panel of a plot of lines.
        note: a remark.
    """

    id: str
    name: str
    base: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    decode: Mapping[str, Any] = field(default_factory=dict)
    ensemble: tuple[str, ...] = ()
    networks: int = 1
    of: str = ""
    at: Mapping[str, float] = field(default_factory=dict)
    note: str | None = None

    @property
    def is_trained(self) -> bool:
        """Whether the row has runs of its own."""
        return not self.decode and not self.ensemble


@dataclass(frozen=True)
class StudySpec:
    """A study.

    Attributes:
        id: the file's stem.
        title: heading of the report.
        table: name or file of the table whose data, settings and measures hold.
        reference: id of the row that the others are compared with.
        kind: of the plot: `dots`, a row a line of dots; `lines`, values along numbers; `recall`,
            by object size (no rows of its own: those of the ablation).
        plotted: metrics in the plot.
        curves: ids of rows whose held-out loss is plotted.
        caption: what it says and how to read it.
        rows: in order.
    """

    id: str
    title: str
    table: str
    reference: str
    kind: StudyKind
    plotted: tuple[str, ...]
    curves: tuple[str, ...]
    caption: str
    rows: tuple[StudyRow, ...]

    def row(self, row_id: str) -> StudyRow:
        """A row by its id.

        Raises:
            KeyError: no such row.
        """
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)

    def as_table(self, data_name: str) -> TableSpec:
        """The rows that are trained, as a table: one that equals a row of the table has its runs.

        Args:
            data_name: of the data set, whose settings of the base rows hold.
        """
        table = read_table(self.table)
        settings = table.settings.get(data_name)
        rows = tuple(_trained(table, row, data_name) for row in self.rows if row.is_trained)
        tuned = Settings(settings.tuned if settings else None, {})
        return replace(
            table,
            id=f"study-{self.id}",
            title=self.title,
            rows=rows,
            settings={data_name: tuned},
        )


def study_names() -> list[str]:
    """The packaged studies."""
    return sorted(file.stem for file in STUDIES.glob("*.yaml"))


def read_study(name: str | Path) -> StudySpec:
    """A packaged study by its name (`orders`), or one in a file of its own.

    Raises:
        SpecError: there is no such study, or it is malformed.
    """
    file = Path(name) if str(name).endswith((".yaml", ".yml")) else STUDIES / f"{name}.yaml"
    if not file.exists():
        raise SpecError(f"no study in {file}; the packaged ones: {', '.join(study_names())}")
    place = Place(file.name)
    content = place.mapping(
        read_yaml(file),
        required=("title", "table", "kind", "caption"),
        optional=("row", "reference", "plotted", "curves", "rows"),
    )
    kind: StudyKind = place.child("kind").one_of(content["kind"], get_args(StudyKind))
    table_name = place.child("table").text(content["table"])
    table = read_table(table_name)
    rows: tuple[StudyRow, ...] = ()
    reference = ""
    if kind != "recall":
        base = _table_row(place.child("row"), content.get("row"), table)
        reference = place.child("reference").text(content.get("reference"))
        listed = place.child("rows").sequence(content.get("rows"))
        rows = tuple(
            _row(place.child(f"rows[{index}]"), row, table, base, reference)
            for index, row in enumerate(listed)
        )
    spec = StudySpec(
        id=file.stem,
        title=place.child("title").text(content["title"]),
        table=table_name,
        reference=reference,
        kind=kind,
        plotted=tuple(
            place.child("plotted").one_of(metric, (*DECIDED, *RANKED))
            for metric in content.get("plotted", ["c_f1", "o_f1"])
        ),
        curves=tuple(content.get("curves", ())),
        caption=" ".join(place.child("caption").text(content["caption"]).split()),
        rows=rows,
    )
    _check(place, spec)
    return spec


def _row(place: Place, content: object, table: TableSpec, base: str, reference: str) -> StudyRow:
    fields = place.mapping(
        content,
        required=("id", "name"),
        optional=("row", "arguments", "decode", "of", "ensemble", "networks", "at", "note"),
    )
    row_id = place.child("id").text(fields["id"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row_id):
        raise SpecError(f"{place.child('id')}: expected small letters, digits, _; got {row_id!r}")
    at_place = place.child("at")
    decode = place.child("decode").arguments(fields.get("decode", {}))
    note = fields.get("note")
    return StudyRow(
        id=row_id,
        name=place.child("name").text(fields["name"]),
        base=_table_row(place.child("row"), fields.get("row", base), table),
        arguments=place.child("arguments").arguments(fields.get("arguments", {})),
        decode=decode,
        ensemble=tuple(place.child("ensemble").sequence(fields["ensemble"]))
        if "ensemble" in fields
        else (),
        networks=place.child("networks").positive(fields.get("networks", 1)),
        of=place.child("of").text(fields.get("of", reference)) if decode else "",
        at={
            name: at_place.child(name).number(value)
            for name, value in at_place.mapping(fields.get("at", {})).items()
        },
        note=None if note is None else place.child("note").text(note),
    )


def _table_row(place: Place, content: object, table: TableSpec) -> str:
    return str(place.one_of(content, tuple(row.id for row in table.rows if row.task)))


def _check(place: Place, spec: StudySpec) -> None:
    """What rows say of each other.

    Raises:
        SpecError: a name that no fitting row has, or that two have.
    """
    ids = [row.id for row in spec.rows]
    trained = [row.id for row in spec.rows if row.is_trained]
    for row_id in ids:
        if ids.count(row_id) > 1:
            raise SpecError(f"{place.child('rows')}: two rows have the id {row_id!r}")
    if spec.rows:
        place.child("reference").one_of(spec.reference, tuple(ids))
    for row_id in spec.curves:
        place.child("curves").one_of(row_id, tuple(trained))
    for row in spec.rows:
        here = place.child(f"rows.{row.id}")
        if len([1 for given in (row.arguments, row.decode, row.ensemble) if given]) > 1:
            raise SpecError(f"{here}: expected one of arguments, decode, ensemble")
        if row.networks > 1 and len(row.ensemble) != 1:
            raise SpecError(f"{here}: networks is for an ensemble of one row")
        if row.decode:
            here.child("of").one_of(row.of, tuple(trained))
        for member in row.ensemble:
            here.child("ensemble").one_of(member, tuple(trained))


def _trained(table: TableSpec, row: StudyRow, data_name: str) -> RowSpec:
    """The row of a table that trains a row of a study.

    An argument that says what the base row has anyway is left out, so that equal runs are equal.

    Raises:
        SpecError: the task takes no such argument.
    """
    from benchmarks.training import task_class

    base = table.row(row.base)
    resolved = table.resolve(base, data_name)
    defaults = inspect.signature(task_class(resolved.task, row.arguments)).parameters
    differing = {
        name: value
        for name, value in row.arguments.items()
        if value != resolved.arguments.get(name, defaults[name].default)
    }
    return replace(
        base,
        id=row.id,
        name=row.name,
        arguments={**resolved.arguments, **differing},
        published={},
        below_line=False,
        search={},
        note=row.note,
    )
