"""A report as CSV: one line a number, for whoever goes on computing with them.

| column | |
|---|---|
| table, data | id of the table; MINI, or the name of the data |
| row, name, below_line, status | the row; whether it is not one of the paper's; finished ... |
| protocol, metric | how labels were decided on; for `ap: <class>` the method; else empty |
| mean, sd, seeds | of ours, in percent; sd with ddof 1, empty for one seed |
| published, evidence | the paper's cell, in percent, and how sure we are of it (~, ?) |
| difference, low, high | row minus the table's reference row, in points, with its interval |
| verdict | higher, lower, no difference shown; empty where nothing was compared |
"""

from __future__ import annotations

import csv
import io
from typing import Any

from benchmarks.cells import Report, Row
from benchmarks.metric_names import DECIDED, RANKED
from benchmarks.resampled_ranking import PREFIXES

COLUMNS = (
    *("table", "data", "row", "name", "below_line", "status", "protocol", "metric"),
    *("mean", "sd", "seeds", "published", "evidence"),
    *("difference", "low", "high", "verdict"),
)

NOTHING = [None] * 6


def to_csv(report: Report) -> str:
    """One line a number: row, protocol, metric, ours, published, evidence, data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    data = "MINI" if report["is_mini"] else report["data"]["name"]
    for row in report["rows"]:
        start = [report["table"], data, row["id"], row["name"], row["below_line"], row["status"]]
        compared = row["against_reference"] or {}
        for column, found in row["cells"].items():
            protocol, metric = _called(row, column)
            shown = [found["published"], found["evidence"], *_difference(compared.get(column))]
            writer.writerow([*start, protocol, metric, *_numbers(found["ours"]), *shown])
        for protocol, metrics in row["protocols"].items():
            for metric, value in metrics.items():
                if protocol == row["protocol"] and metric in row["cells"]:
                    continue  # it stands above
                writer.writerow([*start, protocol, metric, *_numbers(value), *NOTHING])
        for metric in RANKED:
            if metric not in row["cells"] and metric in row["ranked"]:
                value = row["ranked"][metric]
                writer.writerow([*start, "", metric, *_numbers(value), *NOTHING])
        for method, classes in (row["average_precision"] or {}).items():
            for name, value in classes.items():
                if PREFIXES[method] + name in row["cells"]:
                    continue
                shown = [None, None, *_difference(compared.get(PREFIXES[method] + name))]
                writer.writerow([*start, method, f"ap: {name}", *_numbers(value), *shown])
    return out.getvalue()


def _called(row: Row, column: str) -> tuple[str, str]:
    """Protocol and metric of a column."""
    for method, prefix in PREFIXES.items():
        if column.startswith(prefix):
            return method, f"ap: {column.removeprefix(prefix)}"
    return row["protocol"] or "" if column in DECIDED else "", column


def _numbers(value: dict[str, Any] | None) -> list[Any]:
    if value is None:
        return [None, None, None]
    sd = None if value["sd"] is None else round(value["sd"], 4)
    return [round(value["mean"], 4), sd, value["seeds"]]


def _difference(found: dict[str, Any] | None) -> list[Any]:
    if found is None:
        return [None, None, None, None]
    return [*(round(found[part], 4) for part in ("difference", "low", "high")), found["verdict"]]
