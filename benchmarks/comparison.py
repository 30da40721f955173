"""Every row of a table against its reference row: paired bootstrap over the test images.

A resample of the test images measures all runs of all rows. `higher` and `lower` are said only
where the interval of the difference lies on one side of zero; elsewhere no difference is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch

from benchmarks import resampled_ranking, resampling
from benchmarks.metric_names import DECIDED, RANKED
from benchmarks.resampled_ranking import CLASS_PREFIXES, METHODS, PREFIXES
from benchmarks.statistics import Measure, resample
from benchmarks.store import Arrays, ResultStore
from cnn_rnn.metrics import functional

LEVEL = 0.95
RESAMPLES = 2000
NORMALISERS: dict[str, Literal["min_k_r", "r"]] = {"map_at_k": "min_k_r", "map_at_k_r": "r"}
SEED = 0  # of the draws: the same images for every table of equally many


def columns_of(columns: Sequence[str], kind: str, label_names: Sequence[str]) -> tuple[str, ...]:
    """The metrics that are compared: the table's columns, and for AP tables the AP of each class.

    Args:
        columns: of the table.
        kind: of the table.
        label_names: of the data.
    Returns:
        Names as `measured` gives them: `c_p`, `map`, `ap/<class>`, `ap_11/<class>` ...
    """
    classes = label_names if kind == "average_precision" else ()
    by_class = (prefix + name for prefix in PREFIXES.values() for name in classes)
    return (*(name for name in columns if name in (*DECIDED, *RANKED)), *by_class)


def measured(arrays: Arrays, wanted: Sequence[str], map_k: int) -> Measure:
    """Some metrics of one run, as functions of how often each test image is drawn.

    Args:
        arrays: of the run; its decisions are the table's.
        wanted: names, as `columns_of` gives them.
        map_k: k of MAP@k.
    """
    known = (arrays.target, arrays.ignored)
    parts: list[Measure] = []
    if set(wanted) & set(DECIDED):
        parts.append(resampling.decided(arrays.decisions, *known))
    for name, normaliser in NORMALISERS.items():
        if name in wanted:
            values = functional.average_precision_at_k(
                torch.from_numpy(arrays.scores),
                torch.from_numpy(arrays.target),
                min(map_k, len(arrays.label_names)),
                torch.from_numpy(arrays.ignored),
                normaliser,
            )
            parts.append(resampling.mean_of_images(values.numpy(), name))
    if any(name in METHODS.values() or name.startswith(CLASS_PREFIXES) for name in wanted):
        names = arrays.label_names.tolist()
        parts.append(resampled_ranking.average_precisions(arrays.scores, *known, names))
    return resampling.chosen(resampling.together(parts), wanted)


def against_reference(
    store: ResultStore,
    keys: dict[str, list[str]],
    reference: str,
    columns: Sequence[str],
    kind: str,
    map_k: int,
) -> dict[str, dict[str, Any]]:
    """What each row has more or less than the reference row.

    Args:
        store: of the runs.
        keys: of each row's finished runs.
        reference: id of the row that the others are compared with.
        columns: of the table.
        kind: of the table.
        map_k: k of MAP@k.
    Returns:
        By row id and metric: {"difference", "low", "high", "verdict"}, row minus reference, in
        percentage points; empty without runs of the reference. Undefined metrics are left out.
    Raises:
        ValueError: the rows were not measured on the same images and labels.
    """
    finished = {row: of_row for row, of_row in keys.items() if of_row}
    if reference not in finished or len(finished) < 2:
        return {}
    first = store.read_arrays(finished[reference][0])
    wanted = columns_of(columns, kind, first.label_names.tolist())

    def measures(of_row: Sequence[str]) -> Iterator[Measure]:
        for key in of_row:
            arrays = store.read_arrays(key)
            for name in ("image_id", "label_names", "target", "ignored"):
                if not np.array_equal(getattr(arrays, name), getattr(first, name)):
                    raise ValueError(f"run {key} has another {name} than the reference row")
            yield measured(arrays, wanted, map_k)

    found = resample(
        {row: measures(of_row) for row, of_row in finished.items()},
        len(first.image_id),
        RESAMPLES,
        SEED,
        LEVEL,
    )
    return {
        row: {
            name: interval.in_percent()
            for name, interval in found.difference(row, reference).items()
        }
        for row in finished
        if row != reference
    }
