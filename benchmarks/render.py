"""A report for the terminal, and all of its files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.cells import (
    Report,
    class_lines,
    full_title,
    has_published,
    heading,
    lines_of_rows,
    main_columns,
)
from benchmarks.render_comparison import claim_lines, comparison_words, difference_lines
from benchmarks.render_csv import to_csv
from benchmarks.render_markdown import to_markdown
from benchmarks.store import write_json, write_text


def write(report: Report, folder: Path) -> list[Path]:
    """Writes the table's .md, .csv and .json.

    Returns:
        The files.
    """
    texts = {".md": to_markdown(report), ".csv": to_csv(report)}
    return write_files(folder / report["table"], report, texts)


def write_files(stem: Path, report: Report, texts: dict[str, str]) -> list[Path]:
    """Writes a report as JSON, and its texts by their suffix.

    Returns:
        The files.
    """
    for suffix, text in texts.items():
        write_text(stem.with_suffix(suffix), text)
    write_json(stem.with_suffix(".json"), report)
    return [stem.with_suffix(suffix) for suffix in (*texts, ".json")]


def to_text(report: Report) -> str:
    """The table for a terminal."""
    head = ["", "", *(heading(report, column) for column in main_columns(report))]
    groups = [lines_of_rows(report, False), lines_of_rows(report, True)]
    seeds = len(report["seeds"])
    parts = [
        f"{full_title(report)}: percent, mean ± standard deviation of {seeds} "
        f"{'seed' if seeds == 1 else 'seeds'}",
        "",
        *text_table(head, groups),
    ]
    if report["kind"] == "average_precision":
        parts += [
            "",
            "Average precision of each class:",
            "",
            *text_table(*class_lines(report), left=(0,)),
        ]
    differences = difference_lines(report)
    if differences:
        head = ["", "", "difference", "interval", ""]
        parts += ["", comparison_words(report), "", *text_table(head, differences, left=(0, 1, 4))]
    if report["claims"]:
        parts += ["", "The paper's claims:", ""]
        parts += text_table(*claim_lines(report["claims"], report["map_k"]), left=(0, 1, 2, 5))
    if has_published(report):
        legend = (f"{mark or 'no mark'}: {words}" for mark, words in report["evidence"].items())
        parts += ["", *legend]
    return "\n".join(parts) + "\n"


def text_table(
    head: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], left: Sequence[int] = (0, 1)
) -> list[str]:
    """Aligned lines, a rule before each group.

    Args:
        head: of the columns.
        groups: of lines.
        left: columns that hold texts; the others hold numbers, aligned to the right.
    """
    everything = [head, *(line for group in groups for line in group)]
    widths = [max(len(line[index]) for line in everything) for index in range(len(head))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))

    def aligned(line: Sequence[str]) -> str:
        texts = [
            text.ljust(width) if index in left else text.rjust(width)
            for index, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(texts).rstrip()

    lines = [aligned(head)]
    for group in groups:
        if group:
            lines += [rule, *(aligned(line) for line in group)]
    return lines
