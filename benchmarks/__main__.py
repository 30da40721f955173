"""The command line of the suite: `python -m benchmarks table3 --data auto --seeds 3`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from benchmarks.data import DataSource
    from benchmarks.suite import Plan, Progress, SuiteResult
    from benchmarks.workers import Launcher


class _Parser(argparse.ArgumentParser):
    """Mistakes are answered in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (--help shows all options)\n")


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns:
        0; 1 if a run failed; 2 for a mistake that the user can mend; 130 after Ctrl-C.
    """
    options = parser().parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        print("Interrupted: finished runs are kept; the same command goes on.", file=sys.stderr)
        return 130
    except Exception as error:  # any kind may be the user's to mend; the others go on
        if not getattr(error, "is_user_error", False):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """All commands and their options; abbreviations are refused."""
    made = _Parser("python -m benchmarks", description=__doc__, allow_abbrev=False)
    commands = made.add_subparsers(required=True, metavar="command", parser_class=_Parser)
    table3 = _command(commands, "table3", _table3, "train, decode and measure Table 3")
    ablation = _command(commands, "ablation", _ablation, "No RNN against CNN-RNN, by object size")
    tune = _command(commands, "tune", _tune, "search the rows' settings on held-out training data")
    tune.add_argument("--table", default="table3", help="name of a table, or its YAML file")
    for command in (table3, ablation, tune):
        command.add_argument(
            "--data",
            choices=("auto", "mini", "coco"),
            default="auto",
            help="auto: COCO where its folder is named, otherwise MINI",
        )
        command.add_argument("--data-root", type=Path, default=None, help="the folder of COCO")
    voc = _command(commands, "real-voc", _real_voc, "CNN-RNN and a linear model on VOC2007 photos")
    voc.add_argument("--data-root", type=Path, default=None, help="the folder with VOCdevkit")
    voc.add_argument("--train", default="devtrain", help="split to train on")
    voc.add_argument("--test", default="devtest", help="split to test on")
    voc.add_argument("--weights", type=Path, default=None, help="MobileNetV2 from TensorFlow")
    return made


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    function: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
    command.set_defaults(command=function)
    command.add_argument("--seeds", type=_count, default=3, help="runs of each row")
    command.add_argument("--results", type=Path, default=Path("results"), help="folder to write in")
    command.add_argument(
        "--workers", type=_count, default=None, help="processes; by default one a core"
    )
    return command


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return int(text)


def _table3(options: argparse.Namespace) -> int:
    from benchmarks import data

    return _table("table3", data.choose(options.data, options.data_root), options)


def _real_voc(options: argparse.Namespace) -> int:
    from benchmarks import data

    source = data.find_voc2007_photos(
        options.data_root, options.train, options.test, options.weights
    )
    return _table("real_voc", source, options)


def _table(name: str, source: DataSource, options: argparse.Namespace) -> int:
    """Runs a table and writes its three files."""
    from benchmarks import render, report, suite
    from benchmarks.spec_reading import read_table

    table = read_table(name)
    plan = suite.make_plan(table, source, range(options.seeds), options.results)
    result = _run(plan, options)
    description = suite.describe(source, table.rows[0].training.held_out)
    built = report.build(result, description)
    files = render.write(built, options.results)
    return _finish(result, render.to_text(built), files)


def _ablation(options: argparse.Namespace) -> int:
    """Compares two rows of a table, on its own runs."""
    from benchmarks import ablation, data, render_ablation, suite
    from benchmarks.spec_reading import read_table

    spec = ablation.read_ablation()
    table = read_table(spec.table)
    source = data.choose(options.data, options.data_root)
    only = (spec.baseline, spec.row)
    plan = suite.make_plan(table, source, range(options.seeds), options.results, only)
    result = _run(plan, options)
    if not all(result.runs(table.row(row)) for row in only):
        return _finish(result, "No comparison: a row has no finished run.", [])
    description = suite.describe(source, table.row(spec.row).training.held_out)
    built = ablation.build(spec, result, description)
    files = render_ablation.write(built, options.results)
    return _finish(result, render_ablation.to_text(built), files)


def _tune(options: argparse.Namespace) -> int:
    """Searches and writes what was chosen into the table's YAML."""
    from benchmarks import data, suite, tune
    from benchmarks.spec_reading import read_table

    table = read_table(options.table)
    source = data.choose(options.data, options.data_root)
    trials = tune.make_trials(table, source, range(options.seeds), options.results)
    requests = [request for trial in trials for request in trial.requests]
    suite.prepare_features(requests[0].source, "held_out")
    launch, bar = _launcher(options, len(requests)), _Bar(f"tune {table.id}", len(requests))
    with bar:
        bar.skip(len(requests) - len(tune.missing(trials)))
        tune.run(trials, launch, bar)
    found = tune.summarise(table, trials)
    for row, result in found["rows"].items():
        values = ", ".join(f"{name} {value}" for name, value in result["chosen"].items())
        print(f"{row}: {values} ({found['criterion']} {result['best']:.1f})")
    print("Written: " + ", ".join(map(str, tune.save(table, found))))
    return 0


def _run(plan: Plan, options: argparse.Namespace) -> SuiteResult:
    """Runs what is missing of a plan under a progress bar."""
    from benchmarks import suite

    total, missing = len(plan.all_requests), len(plan.missing)
    if missing < total:
        print(f"{total - missing} of {total} runs are finished already.")
    if missing:
        suite.prepare_features(plan.source)
    with _Bar(plan.table.id, total) as bar:
        bar.skip(total - missing)
        return suite.run(plan, _launcher(options, missing), bar)


def _launcher(options: argparse.Namespace, jobs: int) -> Launcher:
    from benchmarks import provenance, workers

    return workers.local_processes(min(options.workers or provenance.usable_cores(), max(1, jobs)))


def _finish(result: SuiteResult, text: str, files: Sequence[Path]) -> int:
    """Prints a report, what failed, and where the files are."""
    print(text)
    for key, failure in result.failures.items():
        print(f"FAILED: {failure} (see {result.plan.store.failure_file(key)})")
    if files:
        print("Written: " + ", ".join(map(str, files)))
    return 1 if result.failures else 0


class _Bar:
    """A progress bar over runs, and a line for each that ends."""

    def __init__(self, name: str, total: int) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit="run", desc=name, disable=None, dynamic_ncols=True)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.close()

    def skip(self, count: int) -> None:
        """Runs that were finished before."""
        self.bar.update(count)

    def __call__(self, progress: Progress) -> None:
        outcome = progress.outcome
        if outcome is None:
            self.bar.set_postfix_str(f"{progress.request.name}, {progress.word}")
            return
        said = f"FAILED: {outcome.error}" if outcome.error else outcome.summary
        self.bar.write(f"{progress.request.name}: {said} ({outcome.seconds:.0f} s)")
        self.bar.update()


if __name__ == "__main__":
    # Workers count on one thread each; libraries that read this do so when they are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
