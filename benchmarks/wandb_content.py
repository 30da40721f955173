"""What the runs, tables and studies of the suite say on W&B: configs, curves, tables, artifacts."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cells import Report, Row, full_title, heading, lines_of_rows, main_columns
from benchmarks.metric_names import DECIDED
from benchmarks.store import ResultStore
from cnn_rnn.wandb_lineage import artifact, use
from cnn_rnn.wandb_tables import class_panels

if TYPE_CHECKING:
    from wandb import Artifact, Run, Table

Record = Mapping[str, Any]
# Columns of the CSVs that hold numbers; the others hold text.
NUMBERS = ("mean", "sd", "seeds", "published", "difference", "low", "high")


def of_run(report: Report, row: Row, record: Record) -> dict[str, Any]:
    """The head of a run: arguments of `wandb.init`."""
    return {
        "name": f"{row['name']}, seed {record['seed']}",
        "group": report["table"],
        "job_type": row["id"],
        "tags": tags(report),
        "config": {
            "table": report["table"],
            "row": row["id"],
            "seed": record["seed"],
            "key": record["key"],
            **record["row"],
            "data": record["data"],
            "commit": record["commit"]["id"],
            "commit_dirty": record["commit"]["dirty"],
            "code": record["code"],
            "versions": record["versions"],
            "machine": record["machine"],
            "training": record["training"],
            "date": record["date"],
        },
    }


def of_report(stem: str, kind: str, report: Report) -> dict[str, Any]:
    """The head of the run of a finished table or study: arguments of `wandb.init`."""
    return {
        "name": full_title(report),
        "group": stem,
        "job_type": kind,
        "tags": tags(report),
        "config": {
            "data": report["data"],
            "seeds": report["seeds"],
            "settings": report["settings"],
            **report["provenance"],
        },
    }


def tags(report: Report) -> list[str]:
    """The data, and MINI where they are drawn scenes."""
    return [report["data"]["name"], *(["MINI"] if report["is_mini"] else [])]


def log_run(run: Run, store: ResultStore, report: Report, row: Row, record: Record) -> None:
    """Curves, measured numbers, the paper's cells, bars of the classes, files with lineage."""
    import torch

    from cnn_rnn.label_counts import LabelCounts

    use(run, data_artifact(record))
    run.define_metric("*", step_metric="epoch")
    for epoch in record.get("history", ()):  # runs of 0.1.0 kept none
        run.log(
            {
                "epoch": epoch["epoch"],
                "train/loss": epoch["train_loss"],
                "val/loss": epoch["val_loss"],
                "lr": epoch["lr"],
            }
        )
    arrays = store.read_arrays(record["key"])
    counts = LabelCounts(len(arrays.label_names))
    decided = (torch.from_numpy(part) for part in (arrays.decisions, arrays.target, arrays.ignored))
    counts.update(*decided)
    run.log(class_panels("test", counts, arrays.label_names.tolist()))
    run.summary.update(summary_of(report, row, record))
    run.log_artifact(run_artifact(store, record))


def summary_of(report: Report, row: Row, record: Record) -> dict[str, Any]:
    """All numbers of a run: `test/<protocol>/c_f1` ... as shares, `table/c_f1` as in the table.

    `paper/c_f1` is the paper's cell; both are in percent, so that they stand beside each other.
    """
    numbers: dict[str, Any] = {}
    for part, found in record["measured"].items():
        for protocol, metrics in found["decided"].items():
            numbers |= {f"{part}/{protocol}/{name}": value for name, value in metrics.items()}
        numbers |= {f"{part}/{name}": value for name, value in found["ranked"].items()}
        numbers[f"{part}/empty_paths"] = found["empty_paths"]
    measured = record["measured"]["test"]
    for column in main_columns(report):
        decided = measured["decided"][record["protocol"]]
        share = decided[column] if column in DECIDED else measured["ranked"][column]
        numbers[f"table/{column}"] = None if share is None else 100 * share
        numbers[f"paper/{column}"] = row["cells"][column]["published"]
    numbers |= {f"seconds/{name}": value for name, value in record["seconds"].items()}
    return {name: value for name, value in numbers.items() if value is not None}


def log_report(run: Run, stem: str, report: Report, text: str, results: Path) -> None:
    """The CSV as a table, the table as it is read, the plot if there is one, and all files."""
    import wandb

    panels: dict[str, Any] = {stem: csv_table(text)}
    if "table" in report:
        panels[f"{stem}_beside_the_paper"] = read_table(report)
    picture = results / f"{stem}.png"
    if picture.is_file():
        panels[f"{stem}_plot"] = wandb.Image(str(picture), caption=report.get("caption"))
    run.log(panels)
    files = [results / f"{stem}{suffix}" for suffix in (".md", ".csv", ".json", ".png", ".svg")]
    kind = "table" if "table" in report else "study"
    run.log_artifact(artifact(stem, kind, [file for file in files if file.is_file()]))


def log_study_lines(run: Run, study: str, report: Report) -> None:
    """Where rows lie along an axis, such as the beam width: a point for each row."""
    axes = dict.fromkeys(axis for row in report["rows"] for axis in row["at"])
    for axis in axes:
        placed = sorted(
            (row for row in report["rows"] if axis in row["at"]),
            key=lambda row: float(row["at"][axis]),
        )
        step = f"{study}/{axis}"
        run.define_metric(step)
        run.define_metric(f"{study}/{axis}: *", step_metric=step)
        for row in placed:
            means = {
                f"{study}/{axis}: {metric}": row["cells"][metric]["mean"]
                for metric in report["plotted"]
                if row["cells"][metric]
            }
            run.log({step: row["at"][axis], **means})


def csv_table(text: str) -> Table:
    """A CSV as a `wandb.Table` of the same columns and values; an empty number is no number."""
    import wandb

    columns, *lines = csv.reader(io.StringIO(text))
    rows: list[Any] = [
        [
            _number(cell) if name in NUMBERS else cell
            for name, cell in zip(columns, line, strict=True)
        ]
        for line in lines
    ]
    return wandb.Table(columns=list(columns), data=rows)


def read_table(report: Report) -> Table:
    """The table as it is read: each row beside the cells that the paper prints."""
    import wandb

    columns = ["method", "", *(heading(report, column) for column in main_columns(report))]
    lines: Sequence[Any] = [*lines_of_rows(report, False), *lines_of_rows(report, True)]
    return wandb.Table(columns=list(columns), data=list(lines))


def run_artifact(store: ResultStore, record: Record) -> Artifact:
    """The files of a run; they never change."""
    key = record["key"]
    files = [store.run_file(key), store.arrays_file(key), store.weights_file(key)]
    metadata = {name: record[name] for name in ("name", "seed", "stage", "protocol")}
    there = [file for file in files if file.is_file()]
    return artifact(f"run-{key[:12]}", "run", there, metadata=metadata, copied=False)


def data_artifact(record: Record) -> Artifact:
    """What a run read."""
    return artifact(record["data"]["name"], "dataset", content=record["data"])


def short_hash(text: str) -> str:
    """Twelve hexadecimal digits that change with the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
