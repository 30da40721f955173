"""A figure or table with the words that belong to it: title, caption, alternative text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from benchmarks.trained_models import TrainedModels


@dataclass(frozen=True)
class Drawing:
    """A figure of the paper, made of our runs.

    Attributes:
        id: stem of its files.
        title: with its number in the paper.
        caption: data, model and seed among it.
        alt: what it shows, for who cannot see it.
        figure: drawn.
    """

    id: str
    title: str
    caption: str
    alt: str
    figure: Figure


@dataclass(frozen=True)
class Tabulated:
    """A table of texts that stands with the figures.

    Attributes:
        id: stem of its file.
        title: with its number in the paper.
        caption: data, model and seed among it.
        head: of the columns.
        lines: of cells.
        data: the numbers in them, plain types by name, for machines.
    """

    id: str
    title: str
    caption: str
    head: tuple[str, ...]
    lines: list[tuple[str, ...]]
    data: Mapping[str, Any] = field(default_factory=dict)


def source_words(
    models: TrainedModels, records: Sequence[dict[str, Any]], split: str | None = None
) -> str:
    """Data, models and seeds, as a caption says them.

    Args:
        models: whose images they are.
        records: of the runs that were used.
        split: of the images; None: the test split.
    """
    split = split or models.images.test_split
    plan = models.result.plan
    names = {request.key: row for row, of_row in plan.requests.items() for request in of_row}
    seeds: dict[str, list[int]] = {}
    for record in records:
        seeds.setdefault(plan.table.row(names[record["key"]]).name, []).append(record["seed"])
    used = "; ".join(
        f"{name}, seed{'s' if len(of_row) > 1 else ''} {', '.join(map(str, of_row))}"
        for name, of_row in seeds.items()
    )
    return (
        f"Data: {plan.source.title}, {split}, {len(models.images.dataset(split)):,} images. "
        f"Model: {used}."
    )
