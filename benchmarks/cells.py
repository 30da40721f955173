"""How the numbers of a report are written: `50.1 ± 0.3`, `60.2~`, `failed`."""

from __future__ import annotations

from typing import Any

from benchmarks.metric_names import HEADINGS
from benchmarks.published import PublishedCell

NO_NUMBER = "-"
Report = dict[str, Any]
Row = dict[str, Any]


def measured(value: dict[str, Any] | None) -> str:
    """Mean and standard deviation with one decimal: `50.1 ± 0.3`; one seed has no ±."""
    if value is None:
        return NO_NUMBER
    mean = f"{value['mean']:.1f}"
    return mean if value["sd"] is None else f"{mean} ± {value['sd']:.1f}"


def cell(row: Row, column: str) -> str:
    """Our cell of a row, marked where runs of it failed."""
    if row["status"] == "failed" and not row["runs"]:
        return "failed"
    text = measured(row["cells"][column]["ours"])
    if row["status"] == "failed":
        total = len(row["runs"]) + len(row["failures"])
        text += f" ({len(row['failures'])} of {total} failed)"
    return text


def published(row: Row, column: str) -> str:
    """The paper's cell of a row, with its evidence mark."""
    found = row["cells"][column]
    return str(PublishedCell(found["published"], found["evidence"] or ""))


def ours_is_called(report: Report) -> str:
    """How our numbers are named beside the paper's."""
    return "ours on MINI" if report["is_mini"] else "ours"


def heading(report: Report, column: str) -> str:
    """The heading of a column."""
    return HEADINGS[column].format(k=report["map_k"])


def has_published(report: Report) -> bool:
    """Whether the paper prints any cell of the table."""
    return any(
        found["published"] is not None for row in report["rows"] for found in row["cells"].values()
    )


def lines_of_rows(report: Report, below_line: bool) -> list[list[str]]:
    """The table's lines: for each row ours, then the paper's where it prints the row."""
    lines: list[list[str]] = []
    beside = has_published(report) and not below_line
    for row in report["rows"]:
        if row["below_line"] != below_line:
            continue
        columns = report["columns"]
        lines.append([row["name"], ours_is_called(report), *(cell(row, c) for c in columns)])
        if beside:
            lines.append(["", "paper", *(published(row, c) for c in columns)])
    return lines


def full_title(report: Report) -> str:
    """The title of the table with the data it was made on."""
    return f"{report['title']} — on {report['data']['title']}"


def class_lines(report: Report) -> tuple[list[str], list[list[list[str]]]]:
    """AP of each class by both methods: the head, the lines of the classes, that of the means."""
    rows = [row for row in report["rows"] if row["average_precision"]]
    methods = {"11_points": "11-point", "all_points": "all-point"}
    head = ["class", *(f"{row['name']}, {words}" for words in methods.values() for row in rows)]
    names = list(rows[0]["average_precision"]["11_points"]) if rows else []
    classes = [
        [name]
        + [measured(row["average_precision"][method][name]) for method in methods for row in rows]
        for name in names
    ]
    means = [measured(row["ranked"][mean]) for mean in ("map_11", "map") for row in rows]
    return head, [classes, [["mean", *means]]]
