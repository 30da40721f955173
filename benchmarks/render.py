"""A report for the terminal, and all of its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.cells import Report, full_title, heading, lines_of_rows
from benchmarks.render_csv import to_csv
from benchmarks.render_markdown import to_markdown
from benchmarks.store import write_json, write_text


def write(report: Report, folder: Path) -> list[Path]:
    """Writes the table's .md, .csv and .json.

    Returns:
        The files.
    """
    stem = folder / report["table"]
    texts = {".md": to_markdown(report), ".csv": to_csv(report)}
    for suffix, text in texts.items():
        write_text(stem.with_suffix(suffix), text)
    write_json(stem.with_suffix(".json"), report)
    return [stem.with_suffix(suffix) for suffix in (*texts, ".json")]


def to_text(report: Report) -> str:
    """The table for a terminal."""
    head = ["", "", *(heading(report, column) for column in report["columns"])]
    above, below = lines_of_rows(report, False), lines_of_rows(report, True)
    widths = [max(len(line[i]) for line in [head, *above, *below]) for i in range(len(head))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    seeds = len(report["seeds"])
    parts = [
        f"{full_title(report)}: percent, mean ± standard deviation of {seeds} seeds",
        "",
        _aligned(head, widths),
        rule,
        *(_aligned(line, widths) for line in above),
    ]
    if below:
        parts += [rule, *(_aligned(line, widths) for line in below)]
    parts += ["", *(f"{mark or 'no mark'}: {words}" for mark, words in report["evidence"].items())]
    return "\n".join(parts) + "\n"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    texts = [
        text.ljust(width) if index < 2 else text.rjust(width)
        for index, (text, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(texts).rstrip()
