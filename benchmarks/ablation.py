"""The ablation of section 4.3 on the runs of a table: what the recurrent layer adds, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks import object_size, resampling
from benchmarks.report import header, in_percent
from benchmarks.spec import SpecError
from benchmarks.spec_reading import TABLES, Place, read_yaml
from benchmarks.statistics import Interval, Measure, paired_bootstrap
from benchmarks.store import Arrays
from benchmarks.suite import SuiteResult
from cnn_rnn.metrics import functional

FORMAT = 1
LEVEL = 0.95  # of the bootstrap's intervals


@dataclass(frozen=True)
class AblationSpec:
    """Two rows of a table, to be compared.

    Attributes:
        title: heading of the report.
        table: whose rows they are.
        baseline: id of the row without.
        row: id of the row with.
        size_edges: edges of the bins of an object's size, as shares of the image.
        resamples: of the bootstrap.
    """

    title: str
    table: str
    baseline: str
    row: str
    size_edges: tuple[float, ...]
    resamples: int


def read_ablation(file: Path = TABLES / "ablation.yaml") -> AblationSpec:
    """Reads an ablation's YAML strictly.

    Raises:
        SpecError: it is malformed.
    """
    place = Place(file.name)
    names = ("title", "table", "baseline", "row", "size_edges", "resamples")
    content = place.mapping(read_yaml(file), required=names)
    edges_place = place.child("size_edges")
    edges = tuple(edges_place.number(e) for e in edges_place.sequence(content["size_edges"]))
    if list(edges) != sorted(set(edges)) or not 0 < edges[0] <= edges[-1] < 1:
        raise SpecError(f"{edges_place}: expected ascending shares in (0, 1), got {list(edges)}")
    return AblationSpec(
        **{name: place.child(name).text(content[name]) for name in names[:4]},
        size_edges=edges,
        resamples=place.child("resamples").positive(content["resamples"]),
    )


def build(spec: AblationSpec, result: SuiteResult, description: str) -> dict[str, Any]:
    """The report of an ablation.

    Args:
        spec: the rows to compare; each has a finished run at least.
        result: of the table they belong to.
        description: what was read of the data.
    """
    plan = result.plan
    bins, names = _size_bins(spec, result)
    roles = {"baseline": plan.table.row(spec.baseline), "row": plan.table.row(spec.row)}
    keys = {role: [run["key"] for run in result.runs(row)] for role, row in roles.items()}
    arrays = {role: [plan.store.read_arrays(key) for key in keys[role]] for role in roles}
    measures = {
        role: [_measure(one, plan.table.map_k, bins, names) for one in found]
        for role, found in arrays.items()
    }
    differences = paired_bootstrap(
        measures["row"], measures["baseline"], len(bins), spec.resamples, level=LEVEL
    )
    once = np.ones((1, len(bins)))
    values = {
        role: np.concatenate([measure.of(once) for measure in found])  # (seeds, metrics)
        for role, found in measures.items()
    }
    first = arrays["row"][0]
    return {
        "format": FORMAT,
        "title": spec.title,
        **header(result, description),
        "resamples": spec.resamples,
        "level": LEVEL,
        "compared": {
            role: {
                "id": row.id,
                "name": row.name,
                "runs": keys[role],
                "failures": result.failed(row),
            }
            for role, row in roles.items()
        },
        "metrics": {
            name: {
                "baseline": in_percent(values["baseline"][:, index].tolist()),
                "row": in_percent(values["row"][:, index].tolist()),
                "difference": _in_percent(differences[name]),
            }
            for index, name in enumerate(measures["row"][0].names)
            if name in differences
        },
        "sizes": {
            name: int(((bins == index) & first.target & ~first.ignored).sum())
            for index, name in enumerate(names)
        },
    }


def _size_bins(spec: AblationSpec, result: SuiteResult) -> tuple[npt.NDArray[np.int64], list[str]]:
    """The bin of each label of each test image, (B, K), and the names of the bins."""
    from benchmarks.run_data import opened

    images = opened(result.plan.source)
    boxes = images.annotations(images.test_split)
    shares = object_size.size_shares(boxes, len(images.label_names))
    return object_size.bin_of(shares, spec.size_edges), object_size.bin_names(spec.size_edges)


def _measure(
    arrays: Arrays, map_k: int, bins: npt.NDArray[np.int64], names: Sequence[str]
) -> Measure:
    """All that is compared, of one run; recall by size is that of the table's decisions."""
    known = (arrays.target, arrays.ignored)
    whole = functional.as_decoded(
        torch.from_numpy(arrays.best_path).long(), len(arrays.label_names)
    ).numpy()
    ranked = functional.average_precision_at_k(
        torch.from_numpy(arrays.scores),
        torch.from_numpy(arrays.target),
        min(map_k, len(arrays.label_names)),
        torch.from_numpy(arrays.ignored),
    )
    return resampling.together(
        [
            resampling.decided(arrays.decisions, *known, prefix="first_k/"),
            resampling.decided(whole, *known, prefix="as_decoded/"),
            resampling.mean_of_images(ranked.numpy(), "map_at_k"),
            resampling.recall_in_bins(
                arrays.decisions, *known, bins, [f"recall/{name}" for name in names]
            ),
        ]
    )


def _in_percent(interval: Interval) -> dict[str, Any]:
    return {
        "mean": 100 * interval.difference,
        "low": 100 * interval.low,
        "high": 100 * interval.high,
        "shown": interval.excludes_zero,
    }
