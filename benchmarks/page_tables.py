"""Reports as tables of HTML: rows of cells with the text that stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.cells import (
    METHOD_WORDS,
    NO_NUMBER,
    PRINTED_ONLY,
    Report,
    Row,
    cell,
    class_names,
    heading,
    main_columns,
    published,
)
from benchmarks.metric_names import DECIDED, HEADINGS
from benchmarks.render_comparison import compared_rows, interval, reference_name, signed
from benchmarks.resampled_ranking import METHODS, PREFIXES


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: stands in it.
        verdict: against the reference row: `higher`, `lower`, or nothing to be marked.
        bar: low, difference and high of an interval as shares of the width of its drawing, and
            where zero stands; None: no interval.
        more: lines that stand below in small print.
    """

    text: str
    verdict: str = ""
    bar: tuple[float, float, float, float] | None = None
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line of a table: `kind` says whose numbers they are (`ours`, `paper`, `mean`)."""

    kind: str
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Block:
    """The lines of one method."""

    id: str
    name: str
    status: str
    below_line: bool
    lines: list[Line]


def main_table(report: Report) -> tuple[list[str], list[Block]]:
    """The table as the paper prints it: for each method ours, and the paper's where it has any."""
    columns = main_columns(report)
    blocks: list[Block] = []
    for row in report["rows"]:
        compared = row["against_reference"] or {}
        lines: list[Line] = []
        if row["status"] != PRINTED_ONLY:
            cells = [
                Cell(cell(row, c), _marked(compared.get(c, {}).get("verdict"))) for c in columns
            ]
            lines.append(Line("ours", "ours" if not report["is_mini"] else "MINI", cells))
        shown = [published(row, c) for c in columns]
        if any(text != NO_NUMBER for text in shown):
            lines.append(Line("paper", "paper", [Cell(text) for text in shown]))
        blocks.append(Block(row["id"], row["name"], row["status"], row["below_line"], lines))
    return [heading(report, column) for column in columns], blocks


def comparison(report: Report) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """Each row against the reference row: difference, interval, verdict, and a drawing of it."""
    columns = main_columns(report)
    rows = compared_rows(report)
    found = [row["against_reference"][c] for row in rows for c in columns if _has(row, c)]
    reach = max((abs(one[part]) for one in found for part in ("low", "high")), default=1.0) or 1.0
    lines = [
        (
            row["name"],
            [
                difference_cell(row["against_reference"][c], reach)
                if _has(row, c)
                else Cell(NO_NUMBER)
                for c in columns
            ],
        )
        for row in rows
    ]
    return [heading(report, column) for column in columns], lines


def difference_cell(found: dict[str, Any], reach: float) -> Cell:
    """A difference with its interval; `reach` is half of what the drawing spans."""
    places = (0.5 + found[part] / (2 * reach) for part in ("low", "difference", "high"))
    low, middle, high = (round(100 * min(max(place, 0.0), 1.0), 2) for place in places)
    return Cell(
        signed(found["difference"]), found["verdict"], (low, middle, high, 50.0), (interval(found),)
    )


def class_table(report: Report) -> tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]:
    """AP of each class: for each method both ways to compute it, and the paper's cell.

    Returns:
        Methods with the headings of their columns; classes (the mean last) with all their cells.
    """
    names = class_names(report)
    columns: list[list[str]] = []
    groups: list[tuple[str, list[str]]] = []
    for row in report["rows"]:
        heads: list[str] = []
        for method, mean in METHODS.items():
            found = (row["average_precision"] or {}).get(method)
            if found:
                heads.append(METHOD_WORDS[method])
                values = [_mean(found.get(name)) for name in names]
                columns.append([*values, _mean(row["ranked"][mean])])
        shown = [_published(row, PREFIXES["11_points"] + name) for name in names]
        shown.append(_published(row, METHODS["11_points"]))
        if any(text != NO_NUMBER for text in shown):
            heads.append("paper")
            columns.append(shown)
        if heads:
            groups.append((row["name"], heads))
    lines = [
        (name, [column[index] for column in columns]) for index, name in enumerate([*names, "mAP"])
    ]
    return groups, lines


def protocols(report: Report) -> tuple[list[str], list[tuple[str, str, list[str]]]]:
    """The same runs by every protocol: method, protocol, numbers."""
    lines = [
        (row["name"], protocol, [_mean(metrics[metric]) for metric in DECIDED])
        for row in report["rows"]
        for protocol, metrics in row["protocols"].items()
    ]
    return [HEADINGS[metric] for metric in DECIDED], lines


def study_table(study: Report) -> tuple[list[str], list[tuple[str, str, list[Cell]]]]:
    """A study's rows: numbers with what they are against the reference, and how they were made."""
    metrics = [m for m in study["metrics"] if any(row["cells"].get(m) for row in study["rows"])]
    lines: list[tuple[str, str, list[Cell]]] = []
    for row in study["rows"]:
        compared = row["against_reference"] or {}
        cells = [
            Cell(
                NO_NUMBER if row["cells"].get(m) is None else _spread(row["cells"][m]),
                _marked(compared.get(m, {}).get("verdict")),
                more=(signed(compared[m]["difference"]), interval(compared[m]))
                if m in compared
                else (),
            )
            for m in metrics
        ]
        lines.append((row["name"], row.get("how") or "", cells))
    return [study["headings"][m] for m in metrics], lines


def reference_of(report: Report) -> str:
    """The name of the row that the others are compared with."""
    return reference_name(report)


def _has(row: Row, column: str) -> bool:
    return column in row["against_reference"]


def _marked(verdict: str | None) -> str:
    return verdict if verdict in ("higher", "lower") else ""


def _mean(value: dict[str, Any] | None) -> str:
    return NO_NUMBER if value is None else f"{value['mean']:.1f}"


def _spread(value: dict[str, Any]) -> str:
    return _mean(value) if value["sd"] is None else f"{value['mean']:.1f} ± {value['sd']:.1f}"


def _published(row: Row, column: str) -> str:
    return published(row, column) if column in row["cells"] else NO_NUMBER
