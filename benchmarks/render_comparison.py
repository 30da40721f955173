"""How differences to the reference row and the paper's claims are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.cells import NO_NUMBER, Report, heading, main_columns
from benchmarks.claims import NOT_SEEN, NOT_TESTED, OPPOSITE, SEEN, Answer
from benchmarks.metric_names import HEADINGS
from benchmarks.statistics import NO_DIFFERENCE

CLAIM_VERDICTS = {
    SEEN: "the whole interval of CNN-RNN minus the other row lies above zero; for the random order "
    "in each mini-batch, minus the paper's order, it lies below zero and less than half is reached",
    OPPOSITE: "the whole interval lies on the other side of zero",
    NOT_SEEN: "anything else: zero lies inside the interval, or the random order is worse and "
    "converges all the same",
    NOT_TESTED: "a row or a study that the claim needs has no finished run",
}


def signed(number: float) -> str:
    """With its sign and one decimal, two where one would be zero; what is zero then has no sign."""
    for digits in (1, 2):
        text = f"{number:+.{digits}f}"
        if float(text) != 0:
            return text
    return "0.0"


def interval(found: dict[str, Any]) -> str:
    """`-2.9 to -1.2`."""
    return f"{signed(found['low'])} to {signed(found['high'])}"


def compared_rows(report: Report) -> list[dict[str, Any]]:
    """The rows that are compared with the reference row, in the order of the table."""
    return [row for row in report["rows"] if row["against_reference"]]


def reference_name(report: Report) -> str:
    """How the table calls its reference row."""
    for row in report["rows"]:
        if row["id"] == report["reference"]:
            return str(row["name"])
    return str(report["reference"])


def comparison_words(report: Report) -> str:
    """What the differences and intervals are."""
    found = report["comparison"]
    return (
        f"Each row minus {reference_name(report)}, in percentage points, means over seeds; "
        f"{100 * found['level']:g}% intervals of a paired bootstrap over test images "
        f"({found['resamples']:,} resamples). `higher` and `lower` stand where the interval "
        f"excludes zero; elsewhere: {NO_DIFFERENCE}. An interval speaks of these trained models on "
        "other images of the same kind; each is for itself, without a correction for their number."
    )


def comparison_table(report: Report) -> tuple[list[str], list[list[str]]]:
    """A line a row, a column a metric: `-2.1 (-2.9 to -1.2), lower`."""
    columns = main_columns(report)
    head = ["method", *(heading(report, column) for column in columns)]
    lines = [
        [row["name"], *(_cell(row["against_reference"].get(column)) for column in columns)]
        for row in compared_rows(report)
    ]
    return head, lines


def difference_lines(report: Report) -> list[list[list[str]]]:
    """A group a row, in it a line a metric: name, metric, difference, interval, verdict."""
    groups: list[list[list[str]]] = []
    for row in compared_rows(report):
        found = {c: row["against_reference"].get(c) for c in main_columns(report)}
        groups.append(
            [
                [
                    row["name"],
                    heading(report, c),
                    signed(d["difference"]),
                    interval(d),
                    d["verdict"],
                ]
                for c, d in found.items()
                if d is not None
            ]
        )
    return groups


def claim_lines(
    answers: Sequence[Answer], map_k: int | None
) -> tuple[list[str], list[list[list[str]]]]:
    """Claims as a table: its head, and a group of lines for each claim."""
    head = ["claim", "metric", "against", "difference", "interval", "verdict"]
    groups: dict[str, list[list[str]]] = {}
    for answer in answers:
        lines = groups.setdefault(answer["id"], [])
        known = answer["difference"] is not None
        lines.append(
            [
                answer["claim"] if not lines else "",
                HEADINGS[answer["metric"]].format(k=map_k),
                answer["against"] or NO_NUMBER,
                signed(answer["difference"]) if known else NO_NUMBER,
                interval(answer) if known else NO_NUMBER,
                answer["verdict"],
            ]
        )
    return head, list(groups.values())


def claims_markdown(answers: Sequence[Answer], map_k: int = 10) -> str:
    """All claims as a page of Markdown: where, on which data, and the verdict."""
    head, groups = claim_lines(answers, map_k)
    by_id: dict[str, list[Answer]] = {}
    for answer in answers:
        by_id.setdefault(answer["id"], []).append(answer)
    parts = ["# The paper's claims, answered", ""]
    parts += [f"| {' | '.join(['table', 'data', *head[1:]])} |", f"|{' --- |' * (len(head) + 1)}"]
    for of_claim, lines in zip(by_id.values(), groups, strict=True):
        parts.append(f"| **{of_claim[0]['claim']}** |{' |' * len(head)}")
        for answer, line in zip(of_claim, lines, strict=True):
            data = answer["data"] or NO_NUMBER
            parts.append(f"| {' | '.join([answer['table'], data, *line[1:]])} |")
    words = (f"- {name}: {meaning}." for name, meaning in CLAIM_VERDICTS.items())
    return "\n".join([*parts, "", *words]) + "\n"


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return NO_NUMBER
    return f"{signed(found['difference'])} ({interval(found)}), {found['verdict']}"
