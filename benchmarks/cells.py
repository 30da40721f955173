"""How the numbers of a report are written: `50.1 ± 0.3`, `60.2~`, `failed`."""

from __future__ import annotations

from typing import Any

from benchmarks.metric_names import HEADINGS
from benchmarks.published import PublishedCell
from benchmarks.resampled_ranking import CLASS_PREFIXES, METHODS, PREFIXES

NO_NUMBER = "-"
PRINTED_ONLY = "published only"  # status of a row that nobody trains here
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


def main_columns(report: Report) -> list[str]:
    """The columns without those of single classes, which have a table of their own."""
    return [column for column in report["columns"] if not column.startswith(CLASS_PREFIXES)]


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
        columns = main_columns(report)
        printed = [published(row, c) for c in columns]
        if row["status"] == PRINTED_ONLY:
            lines.append([row["name"], "paper (printed only)", *printed])
            continue
        lines.append([row["name"], ours_is_called(report), *(cell(row, c) for c in columns)])
        if beside:
            lines.append(["", "paper", *printed])
    return lines


def note_of(row: Row) -> tuple[str, str]:
    """A row's name and its note; a note that begins with the name does not say it twice."""
    head, colon, rest = row["note"].partition(": ")
    if colon and row["name"].startswith(head):
        return row["name"], rest
    return row["name"], row["note"]


def full_title(report: Report) -> str:
    """The title of the table with the data it was made on."""
    return f"{report['title']} — on {report['data']['title']}"


METHOD_WORDS = {"11_points": "11-point", "all_points": "all-point"}


def class_names(report: Report) -> list[str]:
    """The classes of a table of average precision, in the order of the table."""
    columns = [c.partition("/")[2] for c in report["columns"] if c.startswith(CLASS_PREFIXES)]
    found = [row["average_precision"] or {} for row in report["rows"]]
    measured_ones = [name for by_method in found for name in by_method.get("11_points", ())]
    return columns or list(dict.fromkeys(measured_ones))


def class_lines(report: Report) -> tuple[list[str], list[list[list[str]]]]:
    """AP of each class by both methods, and the paper's: the head, the classes, the means."""
    columns: list[tuple[str, dict[str, str], str]] = []
    for row in report["rows"]:
        for method, mean in METHODS.items():
            found = (row["average_precision"] or {}).get(method)
            if found:
                values = {name: measured(value) for name, value in found.items()}
                words = f"{row['name']}, {METHOD_WORDS[method]}"
                columns.append((words, values, measured(row["ranked"][mean])))
        prefix = PREFIXES["11_points"]
        printed = {name: prefix + name for name in class_names(report)}
        shown = {n: published(row, c) for n, c in printed.items() if c in row["cells"]}
        if any(text != NO_NUMBER for text in shown.values()):
            mean_of_paper = published(row, "map_11") if "map_11" in row["cells"] else NO_NUMBER
            columns.append((f"{row['name']}, paper", shown, mean_of_paper))
    classes = [
        [name, *(values.get(name, NO_NUMBER) for _, values, _ in columns)]
        for name in class_names(report)
    ]
    head = ["class", *(words for words, _, _ in columns)]
    return head, [classes, [["mean", *(mean for _, _, mean in columns)]]]
