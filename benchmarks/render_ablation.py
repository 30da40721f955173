"""The ablation's report for the terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from benchmarks.cells import Report, full_title, measured
from benchmarks.metric_names import DECIDED, HEADINGS, PROTOCOLS
from benchmarks.render import text_table, write_files
from benchmarks.render_markdown import markdown_table, preamble, provenance_lines

RECALL = "recall/"
COLUMNS = (
    *("data", "metric", "labels", "baseline_mean", "baseline_sd", "row_mean", "row_sd"),
    *("difference", "low", "high", "shown"),
)


def write(report: Report, folder: Path) -> list[Path]:
    """Writes ablation.md, .csv and .json.

    Returns:
        The files.
    """
    texts = {".md": to_markdown(report), ".csv": to_csv(report)}
    return write_files(folder / "ablation", report, texts)


def to_text(report: Report) -> str:
    """The comparison for a terminal."""
    parts = [
        f"{full_title(report)}: percent",
        "",
        *text_table(_head(report), _groups(report), left=(0, 5)),
    ]
    return "\n".join([*parts, "", what_the_interval_is(report)]) + "\n"


def to_markdown(report: Report) -> str:
    """The whole report."""
    head = _head(report)
    decided, by_size = _groups(report)
    parts = [
        *preamble(report),
        *markdown_table(head, decided),
        "",
        "## Recall by object size",
        "",
        "The share of true labels that are among the labels given (`first_k`), by the area of the "
        "label's largest box as a share of its image.",
        "",
        *markdown_table(head, by_size),
        "",
        what_the_interval_is(report),
        "",
        *(
            f"- `{name}`, k = {report['top_k']}: {PROTOCOLS[name]}."
            for name in ("first_k", "as_decoded")
        ),
        *(
            f"- {compared['name']}: runs {' '.join(f'`{key[:8]}`' for key in compared['runs'])}"
            + "".join(f"; FAILED: {line}" for line in compared["failures"])
            for compared in report["compared"].values()
        ),
        "",
        *provenance_lines(report),
    ]
    return "\n".join(parts) + "\n"


def to_csv(report: Report) -> str:
    """One line a metric."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    data = "MINI" if report["is_mini"] else report["data"]["name"]
    for name, found in report["metrics"].items():
        labels = report["sizes"].get(name.removeprefix(RECALL))
        sides = [found[role][part] for role in ("baseline", "row") for part in ("mean", "sd")]
        numbers = [*sides, *(found["difference"][part] for part in ("mean", "low", "high"))]
        rounded = [None if number is None else round(number, 4) for number in numbers]
        writer.writerow([data, name, labels, *rounded, found["difference"]["shown"]])
    return out.getvalue()


def _head(report: Report) -> list[str]:
    names = [report["compared"][role]["name"] for role in ("baseline", "row")]
    return ["", *names, "difference", f"{100 * report['level']:g}% interval", ""]


def _groups(report: Report) -> list[list[list[str]]]:
    """The lines of the decisions and rankings, and those of recall by size."""
    groups: list[list[list[str]]] = [[], []]
    for name, found in report["metrics"].items():
        difference = found["difference"]
        line = [
            called(report, name),
            measured(found["baseline"]),
            measured(found["row"]),
            f"{difference['mean']:+.1f}",
            f"{difference['low']:+.1f} to {difference['high']:+.1f}",
            verdict(difference),
        ]
        groups[name.startswith(RECALL)].append(line)
    return groups


def called(report: Report, name: str) -> str:
    """A metric's name in the table."""
    if name.startswith(RECALL):
        size = name.removeprefix(RECALL)
        return f"recall, {size} of the image ({report['sizes'][size]:,} labels)"
    protocol, _, metric = name.rpartition("/")
    heading = HEADINGS[metric].format(k=report["map_k"])
    return f"{heading}, `{protocol}`" if metric in DECIDED else heading


def verdict(difference: dict[str, Any]) -> str:
    """`higher` or `lower` only where the interval says so."""
    if not difference["shown"]:
        return "no difference shown"
    return "higher" if difference["mean"] > 0 else "lower"


def what_the_interval_is(report: Report) -> str:
    """What is subtracted from what, and what the interval speaks of."""
    return (
        f"Difference: {report['compared']['row']['name']} minus "
        f"{report['compared']['baseline']['name']}, means over seeds. Interval: paired bootstrap "
        f"over test images, {report['resamples']:,} resamples, percentiles; it speaks of these "
        "trained models on other images of the same kind, the ± of other seeds."
    )
