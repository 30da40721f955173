"""A report as CSV: one line a number, for whoever goes on computing with them."""

from __future__ import annotations

import csv
import io
from typing import Any

from benchmarks.cells import Report
from benchmarks.metric_names import DECIDED, RANKED

COLUMNS = (
    *("table", "data", "row", "name", "below_line", "status", "protocol", "metric"),
    *("mean", "sd", "seeds", "published", "evidence"),
)


def to_csv(report: Report) -> str:
    """One line a number: row, protocol, metric, ours, published, evidence, data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    data = "MINI" if report["is_mini"] else report["data"]["name"]
    for row in report["rows"]:
        start = [report["table"], data, row["id"], row["name"], row["below_line"], row["status"]]
        for column, found in row["cells"].items():
            protocol = row["protocol"] if column in DECIDED else ""
            shown = [found["published"], found["evidence"]]
            writer.writerow([*start, protocol, column, *_numbers(found["ours"]), *shown])
        for protocol, metrics in row["protocols"].items():
            for metric, value in metrics.items():
                if protocol == row["protocol"] and metric in row["cells"]:
                    continue  # it stands above
                writer.writerow([*start, protocol, metric, *_numbers(value), None, None])
        for metric in RANKED:
            if metric not in row["cells"] and metric in row["ranked"]:
                value = row["ranked"][metric]
                writer.writerow([*start, "", metric, *_numbers(value), None, None])
        for method, classes in (row["average_precision"] or {}).items():
            for name, value in classes.items():
                writer.writerow([*start, method, f"ap: {name}", *_numbers(value), None, None])
    return out.getvalue()


def _numbers(value: dict[str, Any] | None) -> list[Any]:
    if value is None:
        return [None, None, None]
    sd = None if value["sd"] is None else round(value["sd"], 4)
    return [round(value["mean"], 4), sd, value["seeds"]]
