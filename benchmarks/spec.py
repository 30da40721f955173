"""What a table is made of: its rows, how each is trained, and the cells that the paper prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.published import PublishedCell

TableKind = Literal["top_k", "average_precision"]
DataSetName = Literal["coco", "nuswide81", "nuswide1k", "voc2007"]
Inputs = Literal["image", "regions"]
Decide = Literal["top_k", "fitted_threshold"]


class SpecError(ValueError):
    """A table's file is not as it should be: says where, what was expected, what came."""

    is_user_error = True


@dataclass(frozen=True)
class Training:
    """How a row is trained, apart from its task's own arguments.

    Attributes:
        max_epochs: at most so many.
        patience: epochs without a better held-out loss after which training stops.
        batch_size: images a step.
        held_out: share of the training images that stops the training and fits thresholds.
        gradient_clip: largest norm of a step's gradient; None: unbounded.
        augment: random crops and mirroring; only of rows that are fine-tuned, as the others are
            trained on features that are computed once.
    """

    max_epochs: int = 30
    patience: int = 5
    batch_size: int = 64
    held_out: float = 0.1
    gradient_clip: float | None = 1.0
    augment: bool = False


@dataclass(frozen=True)
class RowSpec:
    """A row of a table.

    Attributes:
        id: names the row in settings and on the command line.
        name: stands in the table.
        task: class path of a `MultiLabelTask` or of a `FeatureEstimator`; None: nobody trains it
            here, the row only shows what the paper prints.
        arguments: of the task that differ from its defaults; with `fine_tune: true` the backbone
            is trained as well, on images instead of features.
        training: how it is trained.
        published: the paper's cell for each column.
        below_line: not a row of the paper's table.
        search: values of task arguments that `tune` tries, every combination of them.
        note: a remark that stands below the table.
        inputs: what the features are of: the `image`, or `regions` of it.
        decide: the decisions that count in the table; `fitted_threshold`: at most k labels above a
            threshold that is fitted on the held-out images.
        settings_of: id of the row whose settings it takes; None: it has its own.
    """

    id: str
    name: str
    task: str | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    training: Training = Training()
    published: Mapping[str, PublishedCell] = field(default_factory=dict)
    below_line: bool = False
    search: Mapping[str, list[Any]] = field(default_factory=dict)
    note: str | None = None
    inputs: Inputs = "image"
    decide: Decide = "top_k"
    settings_of: str | None = None


@dataclass(frozen=True)
class Settings:
    """What was chosen for the rows of a table on one data set.

    Attributes:
        tuned: how, when and by what it was chosen; None: it was not, these are defaults.
        rows: task arguments by the row's id.
    """

    tuned: str | None
    rows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class TableSpec:
    """A table of the paper.

    Attributes:
        id: the file's stem, and the stem of the results.
        title: heading of the report.
        kind: `top_k`: P, R and F1 of k labels an image; `average_precision`: AP per class.
        top_k: k of the decisions.
        map_k: k of MAP@k.
        columns: metrics of the table, in order; `ap_11/<class>` is the 11-point AP of a class.
        rows: in order; those below the line last.
        settings: by the name of the data set.
        file: where it was read.
        data: the data set that the paper made it on.
        reference: id of the row that the others are compared with.
    """

    id: str
    title: str
    kind: TableKind
    top_k: int
    map_k: int
    columns: tuple[str, ...]
    rows: tuple[RowSpec, ...]
    settings: Mapping[str, Settings]
    file: Path
    data: DataSetName = "coco"
    reference: str = "cnn_rnn"

    def row(self, row_id: str) -> RowSpec:
        """A row by its id.

        Raises:
            KeyError: no such row.
        """
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)

    def resolve(self, row: RowSpec, data_name: str) -> ResolvedRow:
        """Everything that decides how a row is trained and measured on a data set.

        Raises:
            ValueError: the row is not trained here.
        """
        if row.task is None:
            raise ValueError(f"row {row.id} of {self.id} is not trained here")
        settings = self.settings.get(data_name)
        chosen = settings.rows.get(row.settings_of or row.id, {}) if settings else {}
        return ResolvedRow(
            row.task,
            {**row.arguments, **chosen},
            row.training,
            self.top_k,
            self.map_k,
            row.inputs,
            row.decide,
        )


@dataclass(frozen=True)
class ResolvedRow:
    """What a run depends on besides data, seed and code; a row's name is no part of it.

    Attributes:
        task: class path of a `MultiLabelTask` or of a `FeatureEstimator`.
        arguments: of the task.
        training: how it is trained.
        top_k: k of the decisions.
        map_k: k of MAP@k.
        inputs: what the features are of.
        decide: the decisions that count.
    """

    task: str
    arguments: Mapping[str, Any]
    training: Training
    top_k: int
    map_k: int
    inputs: Inputs = "image"
    decide: Decide = "top_k"

    @property
    def fine_tuned(self) -> bool:
        """Whether it is trained on images, the backbone with it."""
        return bool(self.arguments.get("fine_tune", False))

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON and for the key of a run."""
        return {**asdict(self), "arguments": dict(self.arguments)}

    def with_arguments(self, arguments: Mapping[str, Any]) -> ResolvedRow:
        """The same with some task arguments replaced."""
        return replace(self, arguments={**self.arguments, **arguments})
