"""A study's report for the terminal, as Markdown, as CSV, and as a plot."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cells import NO_NUMBER, Report, full_title, measured
from benchmarks.render import text_table, write_files
from benchmarks.render_ablation import RECALL
from benchmarks.render_markdown import markdown_table, preamble, provenance_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = (
    *("study", "data", "row", "metric", "mean", "sd", "seeds"),
    *("difference", "low", "high", "verdict"),
)


def write(report: Report, folder: Path) -> list[Path]:
    """Writes study-NAME.md, .csv, .json, .png and .svg.

    Returns:
        The files.
    """
    from cnn_rnn.plots import style

    stem = folder / f"study-{report['study']}"
    files = write_files(stem, report, {".md": to_markdown(report), ".csv": to_csv(report)})
    return [*files, *style.save(to_figure(report), stem)]


def to_text(report: Report) -> str:
    """The rows for a terminal."""
    metrics = report["metrics"]
    head = ["", *(report["headings"][metric] for metric in metrics), *_extra_heads(report)]
    lines = [
        [row["name"], *(measured(row["cells"][m]) for m in metrics), *_extras(report, row)]
        for row in report["rows"]
    ]
    seeds = len(report["seeds"])
    title = f"{full_title(report)}: percent, mean ± sd of {seeds} seeds"
    return "\n".join([title, "", *text_table(head, [lines], left=(0,))]) + "\n"


def to_markdown(report: Report) -> str:
    """The whole report of a study."""
    metrics = report["metrics"]
    heads = [report["headings"][metric] for metric in metrics]
    values = [
        [row["name"], *(measured(row["cells"][m]) for m in metrics), *_extras(report, row)]
        for row in report["rows"]
    ]
    others = [row for row in report["rows"] if row["against_reference"] is not None]
    against = [
        [row["name"], *(_interval(row["against_reference"].get(m)) for m in metrics)]
        for row in others
    ]
    compared = report["comparison"]
    reference = next((r["name"] for r in report["rows"] if r["id"] == report["reference"]), "")
    stem = f"study-{report['study']}"
    parts = [
        *preamble(report),
        f"![{report['title']}]({stem}.svg)",
        "",
        f"*{_caption(report)}*",
        "",
        *markdown_table(["row", *heads, *_extra_heads(report)], values),
        "",
        f"## Against the reference: {reference}",
        "",
        f"Row minus reference in percentage points, with the {100 * compared['level']:g}% "
        f"interval of the paired bootstrap over test images ({compared['resamples']:,} "
        "resamples). **Bold**: the interval leaves out zero; otherwise no difference is shown. "
        "The interval speaks of these trained networks on other images of the same kind, the ± "
        "above of other seeds.",
        "",
        *markdown_table(["row", *heads], against),
        "",
        "## Rows",
        "",
        *(_about(row) for row in report["rows"]),
        "",
        *provenance_lines(report),
    ]
    return "\n".join(parts) + "\n"


def to_csv(report: Report) -> str:
    """One line a row and metric."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    data = "MINI" if report["is_mini"] else report["data"]["name"]
    for row in report["rows"]:
        cells = {**row["cells"], "empty_paths": row["empty_paths"]}
        for metric, cell in cells.items():
            if cell is None:
                continue
            found = (row["against_reference"] or {}).get(metric, {})
            measured_here = [_rounded(cell[name]) for name in ("mean", "sd")]
            compared = [_rounded(found.get(name)) for name in ("difference", "low", "high")]
            head = [report["study"], data, row["id"], metric]
            tail = [cell["seeds"], *compared, found.get("verdict", "")]
            writer.writerow([*head, *measured_here, *tail])
    return out.getvalue()


def to_figure(report: Report) -> Figure:
    """The plot of a study, by its kind."""
    from cnn_rnn.plots import studies

    mini = report["is_mini"]
    if report["kind"] == "recall":
        return _recall_figure(report)
    if report["kind"] == "lines":
        panels = [
            studies.LinePanel(name, [_series(report, metric, name) for metric in report["plotted"]])
            for name in dict.fromkeys(name for row in report["rows"] for name in row["at"])
        ]
        return studies.lines(panels, "percent", is_mini=mini)
    dots = [
        studies.DotPanel(
            report["headings"][metric],
            _mean(_row(report, report["reference"]), metric),
            [_dot(row, metric, report["reference"]) for row in report["rows"]],
        )
        for metric in report["plotted"]
    ]
    curves = [
        studies.Losses(
            row["name"], [[epoch["val_loss"] for epoch in seed] for seed in row["history"]]
        )
        for row in (_row(report, row_id) for row_id in report["curves"])
        if row["history"]
    ]
    return studies.differences(dots, curves, is_mini=mini)


def _recall_figure(report: Report) -> Figure:
    from cnn_rnn.plots import studies

    metrics = report["plotted"]
    names = [name.removeprefix(RECALL) for name in metrics]
    series = [
        studies.Series(
            row["name"],
            range(len(metrics)),
            [row["cells"][metric]["mean"] for metric in metrics],
            [row["cells"][metric]["sd"] or 0.0 for metric in metrics],
        )
        for row in report["rows"]
    ]
    gain = [_dot(report["rows"][1], metric, report["reference"]) for metric in metrics]
    sizes = [f"{name}\n{report['sizes'][name]:,} labels" for name in names]
    return studies.recall_by_size(series, gain, sizes, is_mini=report["is_mini"])


def _series(report: Report, metric: str, axis: str) -> Any:
    from cnn_rnn.plots import studies

    rows = [row for row in report["rows"] if axis in row["at"] and row["cells"][metric]]
    rows.sort(key=lambda row: float(row["at"][axis]))
    cells = [row["cells"][metric] for row in rows]
    return studies.Series(
        report["headings"][metric],
        [row["at"][axis] for row in rows],
        [cell["mean"] for cell in cells],
        [cell["sd"] or 0.0 for cell in cells],
    )


def _dot(row: dict[str, Any], metric: str, reference: str) -> Any:
    from cnn_rnn.plots import studies

    if row["id"] == reference:
        return studies.Difference(row["name"], 0.0, 0.0, 0.0)
    found = (row["against_reference"] or {}).get(metric)
    if found is None:
        return studies.Difference(row["name"], None, 0.0, 0.0)
    return studies.Difference(row["name"], found["difference"], found["low"], found["high"])


def _row(report: Report, row_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in report["rows"] if row["id"] == row_id)
    return found


def _mean(row: dict[str, Any], metric: str) -> float:
    cell = row["cells"][metric]
    return float("nan") if cell is None else float(cell["mean"])


def _extra_heads(report: Report) -> list[str]:
    return [] if report["kind"] == "recall" else ["empty paths", "epochs", "held-out loss"]


def _extras(report: Report, row: dict[str, Any]) -> list[str]:
    """Whether training converged: the share of empty paths, epochs, best held-out loss."""
    if report["kind"] == "recall":
        return []
    runs = [run for run in row["runs"] if run.get("epochs") is not None]
    epochs = ", ".join(str(run["epochs"]) for run in runs) or NO_NUMBER
    losses = [run["best_loss"] for run in runs]
    loss = f"{sum(losses) / len(losses):.3f}" if losses else NO_NUMBER
    return [measured(row["empty_paths"]), epochs, loss]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _interval(found: dict[str, Any] | None) -> str:
    if found is None:
        return NO_NUMBER
    text = f"{found['difference']:+.1f} ({found['low']:+.1f} to {found['high']:+.1f})"
    return text if found["verdict"] == "no difference shown" else f"**{text}**"


def _about(row: dict[str, Any]) -> str:
    keys = " ".join(f"`{run['key'][:8]}`" for run in row["runs"])
    note = f" {row['note']}" if row["note"] else ""
    failed = "".join(f" FAILED: {line}" for line in row["failures"])
    return f"- **{row['name']}**: {row['how']}.{note} Runs: {keys or 'none'}.{failed}"


def _caption(report: Report) -> str:
    return ("MINI. " if report["is_mini"] else "") + str(report["caption"])
