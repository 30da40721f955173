"""Figures 6 to 10 and Table 5 of the paper, from the runs that a table made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import figure_bars, figure_examples, render_attention
from benchmarks.cells import Report
from benchmarks.drawing import Drawing, Tabulated
from benchmarks.render_markdown import markdown_table
from benchmarks.report import header
from benchmarks.store import write_json, write_text
from benchmarks.trained_models import TrainedModels

FORMAT = 1
TABLE = "table3"
ROWS = ("softmax", "no_rnn", "cnn_rnn")  # of the table
FIGURES: tuple[Callable[[TrainedModels], Drawing], ...] = (
    figure_examples.figure6,
    figure_bars.figure7,
    figure_bars.figure8,
    figure_examples.figure9,
    figure_examples.figure10,
)


def make(
    models: TrainedModels,
    description: str,
    attention: Report,
    results: Path,
    tell: Callable[[str], None] = lambda word: None,
) -> list[Path]:
    """Draws all figures and writes them with their captions.

    Args:
        models: with a finished run of each of `ROWS`.
        description: what was read of the data.
        attention: the report of `attention_study`, which belongs to Figure 10.
        results: gets `figures/` with figure6.png, figure6.svg, ..., table5.md, figures.json (title,
            caption, alternative text and files of each) and figures.md.
        tell: is told of each figure.
    Returns:
        The files.
    """
    from cnn_rnn.plots import save

    folder = results / "figures"
    files: list[Path] = []
    figures: list[dict[str, Any]] = []
    for draw in FIGURES:
        tell(draw.__name__)
        drawing = draw(models)
        saved = save(drawing.figure, folder / drawing.id)
        files += saved
        figures.append(
            {
                "id": drawing.id,
                "title": drawing.title,
                "caption": drawing.caption,
                "alt": drawing.alt,
                "files": [file.name for file in saved],
            }
        )
    table5, measured = figure_examples.table5(models), render_attention.tabulated(attention)
    report = {
        "format": FORMAT,
        **header(models.result, description),
        "figures": figures,
        "tables": [_entry(table5, "table5.md"), _entry(measured, "../attention.md")],
    }
    write_text(folder / "table5.md", table_markdown(table5, report["is_mini"]))
    write_text(folder / "figures.md", to_markdown(report))
    write_json(folder / "figures.json", report)
    return [*files, *(folder / name for name in ("table5.md", "figures.md", "figures.json"))]


def table_markdown(table: Tabulated, is_mini: bool) -> str:
    """A table of texts with its caption."""
    mini = ["**MINI: drawn scenes, not the paper's photos.**", ""] if is_mini else []
    lines = markdown_table(table.head, table.lines)
    return "\n".join([f"# {table.title}", "", *mini, table.caption, "", *lines]) + "\n"


def to_markdown(report: Report) -> str:
    """All figures with their captions, and where the tables are."""
    parts = ["# Figures", ""]
    if report["is_mini"]:
        parts += ["**MINI: drawn scenes, not the paper's photos.**", ""]
    for figure in report["figures"]:
        parts += [
            f"## {figure['title']}",
            "",
            f"![{figure['alt']}]({figure['files'][0]})",
            "",
            f"*{figure['caption']}*",
            "",
        ]
    for table in report["tables"]:
        parts += [f"## {table['title']}", "", f"[{table['files'][0]}]({table['files'][0]})", ""]
    return "\n".join(parts)


def _entry(table: Tabulated, file: str) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "caption": table.caption,
        "head": list(table.head),
        "lines": [list(line) for line in table.lines],
        **table.data,
        "files": [file],
    }
