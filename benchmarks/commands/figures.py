"""`figures` and `attention`: the paper's figures, and whether attention lies on the labels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.commands import common
from benchmarks.commands.common import Commands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.cells import Report
    from benchmarks.suite import SuiteResult
    from benchmarks.trained_models import TrainedModels


def add(commands: Commands) -> None:
    """Adds the commands."""
    for name, function, words in (
        ("figures", _figures, "Figures 6 to 10 and Table 5, from the runs of Table 3"),
        ("attention", _attention, "whether attention lies on the label about to be predicted"),
    ):
        common.data_arguments(common.command(commands, name, function, words))


def _figures(options: argparse.Namespace) -> int:
    """Runs what is missing of Table 3, draws everything, and says where it is."""
    from benchmarks import figures

    result, description = _runs(options, figures.ROWS)
    if not _complete(result, figures.ROWS):
        return common.finish(result, "No figures: a row has no finished run.", [])
    models, report, files = _measure(result, description, options.results)
    with _Bar("figures", len(figures.FIGURES)) as bar:
        files += figures.make(models, description, report, options.results, bar.tell)
    return common.finish(result, f"Figures of {report['data']['title']}", files)


def _attention(options: argparse.Namespace) -> int:
    """Measures the attention of the CNN-RNN row alone."""
    from benchmarks import attention_study, render_attention

    rows = (attention_study.ROW,)
    result, description = _runs(options, rows)
    if not _complete(result, rows):
        return common.finish(result, "No measurement: the row has no finished run.", [])
    _, report, files = _measure(result, description, options.results)
    return common.finish(result, render_attention.to_text(report), files)


def _runs(options: argparse.Namespace, rows: Sequence[str]) -> tuple[SuiteResult, str]:
    """The runs of some rows of Table 3, and what was read of the data."""
    from benchmarks import figures, suite
    from benchmarks.spec_reading import read_table

    table = read_table(figures.TABLE)
    source = common.source(options, table)
    plan = suite.make_plan(table, source, range(options.seeds), options.results, rows)
    result = common.run(plan, options)
    return result, suite.describe(source, table.row(rows[0]).training.held_out)


def _complete(result: SuiteResult, rows: Sequence[str]) -> bool:
    return all(result.runs(result.plan.table.row(row)) for row in rows)


def _measure(
    result: SuiteResult, description: str, results: Path
) -> tuple[TrainedModels, Report, list[Path]]:
    from benchmarks import attention_study, render_attention
    from benchmarks.trained_models import TrainedModels

    models = TrainedModels(result)
    with _Bar("attention", attention_study.steps(models)) as bar:
        report = attention_study.build(models, description, bar.tell)
    return models, report, render_attention.write(report, results)


class _Bar:
    """A progress bar that moves by one each time it is told something."""

    def __init__(self, name: str, total: int) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=total, desc=name, disable=None, dynamic_ncols=True)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.close()

    def tell(self, word: str) -> None:
        """The next step begins."""
        self.bar.set_postfix_str(word)
        self.bar.update()
