"""The command line of the suite: `python -m benchmarks table3 --data auto --seeds 3`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from benchmarks.data import DataSource
    from benchmarks.suite import Plan, Progress, SuiteResult


class _Parser(argparse.ArgumentParser):
    """Mistakes are answered in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (--help shows all options)\n")


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command.

    Returns:
        0; 1 if a run failed; 2 for a mistake that the user can mend.
    """
    options = _parser().parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        print("Interrupted: finished runs are kept; the same command goes on.", file=sys.stderr)
        return 130
    except Exception as error:
        if not getattr(error, "is_user_error", False):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("benchmarks", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=_Parser)
    table3 = _command(commands, "table3", _table3, "trains, decodes and measures Table 3")
    _data_options(table3)
    table3.add_argument("--seeds", type=_count, default=3, help="runs of each row")
    return parser


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, function: object, words: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
    command.set_defaults(command=function)
    command.add_argument("--results", type=Path, default=Path("results"), help="folder to write in")
    command.add_argument(
        "--workers", type=_count, default=None, help="processes; by default one a core"
    )
    return command


def _data_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        choices=("auto", "mini", "coco"),
        default="auto",
        help="auto: COCO where its folder is named, otherwise MINI",
    )
    command.add_argument("--data-root", type=Path, default=None, help="the folder of COCO")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {text}")
    return number


def _table3(options: argparse.Namespace) -> int:
    from benchmarks import data

    source = data.choose(options.data, options.data_root)
    return _table("table3", source, options)


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
    print(render.to_text(built))
    for row in table.rows:
        for failure in result.failed(row):
            print(f"FAILED: {row.name}: {failure} (see {options.results / 'failed'})")
    print("Written: " + ", ".join(map(str, files)))
    return 1 if result.failures else 0


def _run(plan: Plan, options: argparse.Namespace) -> SuiteResult:
    """Runs what is missing of a plan under a progress bar."""
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    from benchmarks import provenance, suite, workers

    total = len(plan.all_requests)
    done = total - len(plan.missing)
    if plan.missing:
        suite.prepare_features(plan.source)
    count = min(options.workers or provenance.usable_cores(), max(1, len(plan.missing)))
    if done:
        print(f"{done} of {total} runs are finished already")
    with (
        logging_redirect_tqdm(),
        tqdm(total=total, initial=done, unit="run", desc=plan.table.id, disable=None) as bar,
    ):

        def show(progress: Progress) -> None:
            outcome = progress.outcome
            if outcome is None:
                bar.set_postfix_str(f"{progress.request.name}, {progress.word}")
                return
            said = f"FAILED: {outcome.error}" if outcome.error else outcome.summary
            tqdm.write(f"{progress.request.name}: {said} ({outcome.seconds:.0f} s)")
            bar.update()

        return suite.run(plan, workers.local_processes(count), show)


if __name__ == "__main__":
    sys.exit(main())
