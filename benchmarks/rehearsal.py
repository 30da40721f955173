"""Table 3 at COCO's size without its photos: what it costs in time and memory. No result.

Each row is trained for a few epochs on drawn features of the real label lists
(`benchmarks.coco_labels`), decoded and measured; the time of a whole run is the time of an epoch
times the most epochs that the table allows. Rows that train the backbone need photos and are left
out.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import provenance
from benchmarks.data import REHEARSAL, DataSource
from benchmarks.data_sets import DataNotFoundError
from benchmarks.spec import RowSpec, TableSpec
from benchmarks.store import write_json, write_text
from benchmarks.suite import SuiteResult

TITLE = "REHEARSAL at COCO's size: real label lists, drawn features. No result of any method."
VARIABLE = "CNN_RNN_REAL_DATA"
LIMIT_GIB = 4.0  # of memory, mapped file pages apart: what the suite promises


def source(root: Path | None) -> DataSource:
    """The rehearsal's data.

    Args:
        root: folder with the label lists; by default `coco2014` in $CNN_RNN_REAL_DATA.
    Raises:
        DataNotFoundError: they are not there.
    """
    from benchmarks.coco_labels import LABELS_FILE, NAMES_FILE

    named = os.environ.get(VARIABLE)
    folder = root or (Path(named) / "coco2014" if named else None)
    missing = [
        name for name in (LABELS_FILE, NAMES_FILE) if not folder or not (folder / name).exists()
    ]
    if folder is None or missing:
        raise DataNotFoundError(
            f"--data {REHEARSAL} needs {LABELS_FILE} and {NAMES_FILE}"
            + (f"; {folder} lacks {', '.join(missing)}" if folder else "")
            + f": name their folder with --data-root (make: DATA_ROOT=DIR), or the folder that "
            f"holds coco2014 with ${VARIABLE}"
        )
    return DataSource(
        name=REHEARSAL,
        title=TITLE,
        data_module="benchmarks.coco_labels.COCOLabelsDataModule",
        arguments={"root": str(folder), "train_split": "train", "test_split": "test"},
        backbone={"name": "vgg16", "weights": None},  # for its 4,096 features; never built
        image_batch_size=512,
        num_workers=0,
    )


def shortened(table: TableSpec, epochs: int) -> TableSpec:
    """The table's rows on frozen features, each for so many epochs at most."""

    def short(row: RowSpec) -> RowSpec:
        training = dataclasses.replace(
            row.training, max_epochs=min(epochs, row.training.max_epochs)
        )
        return dataclasses.replace(row, training=training)

    kept = tuple(
        short(row)
        for row in table.rows
        if row.task is not None and not row.arguments.get("fine_tune")
    )
    return dataclasses.replace(table, rows=kept)


def build(
    table: TableSpec,
    result: SuiteResult,
    description: str,
    stages: Sequence[tuple[str, float]],
    peak_bytes: int | None,
) -> dict[str, Any]:
    """What the rehearsal found, in plain types.

    Args:
        table: whole, for its epochs.
        result: of the shortened table.
        description: what was read of the data.
        stages: name and seconds of each.
        peak_bytes: of all processes together, mapped file pages apart; None: not known here.
    """
    ran = {row.id for row in result.plan.table.rows}
    return {
        "rehearsal": table.id,
        "title": TITLE,
        "data": description,
        "workers_share": "all processes together",
        "peak_gib": None if peak_bytes is None else round(peak_bytes / 2**30, 2),
        "limit_gib": LIMIT_GIB,
        "stages": [{"stage": name, "seconds": round(seconds, 1)} for name, seconds in stages],
        "rows": [_row(table, result, row) for row in result.plan.table.rows],
        "left_out": [row.name for row in table.rows if row.id not in ran and row.task is not None],
        "failures": dict(result.failures),
        "provenance": {
            "date": provenance.now(),
            "commit": provenance.commit(),
            "versions": provenance.versions(),
            "machine": provenance.machine(),
        },
    }


def _row(table: TableSpec, result: SuiteResult, row: RowSpec) -> dict[str, Any]:
    records = result.runs(row)
    times: dict[str, float | None] = {"epoch": None, "decode": None, "whole": None}
    if records:
        train, decode, epochs = (
            sum(values) / len(records)
            for values in zip(
                *(
                    (r["seconds"]["train"], r["seconds"]["decode"], r["training"]["epochs"])
                    for r in records
                ),
                strict=True,
            )
        )
        most = table.row(row.id).training.max_epochs
        times = {
            "epoch": round(train / epochs, 1),
            "decode": round(decode, 1),
            "whole": round(train / epochs * most + decode, 1),
        }
    return {
        "id": row.id,
        "name": row.name,
        "runs": len(records),
        "epochs": row.training.max_epochs,
        "most_epochs": table.row(row.id).training.max_epochs,
        "seconds": times,
    }


def to_markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    peak, limit = report["peak_gib"], report["limit_gib"]
    memory = (
        "Peak memory is not known on this system."
        if peak is None
        else f"Peak memory, {report['workers_share']}, mapped file pages apart: {peak:.2f} GiB "
        f"({'under' if peak < limit else 'OVER'} {limit:g} GiB)."
    )
    machine = report["provenance"]["machine"]
    lines = [
        f"# {report['title']}",
        "",
        f"{report['data']}.",
        "",
        f"{memory} Machine: {machine['cpu']}, {machine['cores']} cores.",
        "",
        "| stage | seconds |",
        "|---|---|",
        *(f"| {stage['stage']} | {stage['seconds']:.1f} |" for stage in report["stages"]),
        "",
        "A run, in seconds; `whole` is what one would take at the most epochs that the table",
        "allows, from the time of an epoch and that of decoding and measuring.",
        "",
        "| row | runs | epochs trained | an epoch | decoding | most epochs | whole |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['name']} | {row['runs']} | {row['epochs']} | {_number(row, 'epoch')} | "
            f"{_number(row, 'decode')} | {row['most_epochs']} | {_number(row, 'whole')} |"
            for row in report["rows"]
        ),
    ]
    if report["left_out"]:
        lines += ["", f"Left out, as they need photos: {', '.join(report['left_out'])}."]
    lines += ["", *(f"FAILED: {line}" for line in report["failures"].values())]
    return "\n".join(lines).rstrip() + "\n"


def _number(row: dict[str, Any], name: str) -> str:
    value = row["seconds"][name]
    return "-" if value is None else f"{value:.1f}"


def write(report: dict[str, Any], folder: Path) -> list[Path]:
    """Writes `rehearsal-<table>.md` and `.json`.

    Returns:
        The files.
    """
    stem = folder / f"rehearsal-{report['rehearsal']}"
    write_text(stem.with_suffix(".md"), to_markdown(report))
    write_json(stem.with_suffix(".json"), report)
    return [stem.with_suffix(".md"), stem.with_suffix(".json")]
