"""What the commands share: their parser and options, the launcher, the progress bar, the end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from benchmarks.data import DataSource
    from benchmarks.spec import TableSpec
    from benchmarks.suite import Plan, Progress, SuiteResult
    from benchmarks.workers import Launcher


class Parser(argparse.ArgumentParser):
    """Mistakes are answered in one line."""

    def error(self, message: str) -> NoReturn:
        """Says what is wrong and ends with exit status 2."""
        self.exit(2, f"{self.prog}: error: {message} (--help shows all options)\n")


# The real sets by name; a test compares them with `benchmarks.data_sets`.
DATA_SETS = ("coco", "nuswide81", "nuswide1k", "voc2007")

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def command(
    commands: Commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    """A command that runs something, with the options that all of these have.

    Args:
        commands: where it is added.
        name: on the command line.
        function: is called with the options; gives the exit status.
        words: the help.
    """
    made = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
    made.set_defaults(command=function)
    made.add_argument("--seeds", type=count, default=3, help="runs of each row (3)")
    made.add_argument(
        "--results", type=Path, default=Path("results"), help="folder to write in (results)"
    )
    made.add_argument(
        "--workers", type=count, default=None, help="local processes; by default one a core"
    )
    made.add_argument(
        "--launcher",
        choices=("local", "ray"),
        default="local",
        help="local: processes here; ray: tasks of a Ray cluster",
    )
    made.add_argument(
        "--address", default=None, help="HOST:PORT of a running Ray; by default one is started here"
    )
    return made


def data_arguments(parser: argparse.ArgumentParser, *more: str) -> None:
    """--data and --data-root; `source` reads them.

    Args:
        parser: of a command.
        more: other data that the command itself sees to.
    """
    parser.add_argument(
        "--data",
        choices=("auto", "mini", *DATA_SETS, *more),
        default="auto",
        help="auto: the real set where its folder is named, otherwise MINI",
    )
    parser.add_argument("--data-root", type=Path, default=None, help="the folder of the real set")


def backbone_arguments(parser: argparse.ArgumentParser) -> None:
    """Splits and backbone, where they are not the usual ones; `source` reads them too."""
    parser.add_argument("--train", default=None, help="split to train on")
    parser.add_argument("--test", default=None, help="split to test on")
    parser.add_argument(
        "--backbone", default=None, help="a name of torchvision's, timm/<name>, or vgg16_mini"
    )
    parser.add_argument("--weights", default=None, help="a file of them, or torchvision's name")
    parser.add_argument(
        "--preprocessing",
        choices=("imagenet", "tensorflow", "caffe"),
        default=None,
        help="how the weights want images; by default imagenet, unless the file is called "
        "..._tf... or ..._caffe..., which is said",
    )


def source(options: argparse.Namespace, table: TableSpec) -> DataSource:
    """The data that the options of `data_arguments` and `backbone_arguments` ask for.

    Raises:
        DataNotFoundError: it is not there, or the table is made on another set.
    """
    from benchmarks import data_sets

    given = {
        name: getattr(options, name, None)
        for name in ("train", "test", "backbone", "weights", "preprocessing")
    }
    said = data_sets.DataOptions(options.data, options.data_root, **given)
    return data_sets.choose(table.data, said)


def count(text: str) -> int:
    """A whole number from 1 on, as argparse wants it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return int(text)


def launcher(options: argparse.Namespace, jobs: int) -> Launcher:
    """Who runs so many jobs.

    Raises:
        RayError: --address without Ray, or nobody answers there.
    """
    from benchmarks import provenance, ray_launcher, workers

    if options.launcher == "ray":
        return ray_launcher.ray_cluster(options.workers, options.address)
    if options.address is not None:
        raise ray_launcher.RayError("--address is that of a Ray cluster: add --launcher ray")
    return workers.local_processes(min(options.workers or provenance.usable_cores(), max(1, jobs)))


def run(plan: Plan, options: argparse.Namespace) -> SuiteResult:
    """Runs what is missing of a plan under a progress bar."""
    results: list[SuiteResult] = []
    run_all([plan], options, results.append)
    return results[0]


def run_all(
    plans: Sequence[Plan],
    options: argparse.Namespace,
    finished: Callable[[SuiteResult], None],
) -> None:
    """Runs what is missing of several plans, in one queue under one progress bar.

    Args:
        plans: with one results folder.
        options: of the command.
        finished: is given each plan's result as soon as its last run is over.
    """
    from benchmarks import suite

    missing = suite.missing_of(plans)
    total = len({request.key for plan in plans for request in plan.all_requests})
    if len(missing) < total:
        print(f"{total - len(missing)} of {total} runs are finished already.")
    for plan in plans:
        if plan.missing:
            suite.prepare_features(plan.source, inputs=suite.inputs_of(plan.missing))
    launch = launcher(options, len(missing))
    with Bar(plans[0].table.id if len(plans) == 1 else "tables", total) as bar:
        bar.skip(total - len(missing))
        suite.run_all(plans, launch, bar, finished)


def finish(result: SuiteResult, text: str, files: Sequence[Path]) -> int:
    """Prints a report, what failed, and where the files are.

    Returns:
        The exit status: 1 if a run failed.
    """
    print(text)
    for key, failure in result.failures.items():
        print(f"FAILED: {failure} (see {result.plan.store.failure_file(key)})")
    if files:
        print("Written: " + ", ".join(map(str, files)))
    return 1 if result.failures else 0


class Bar:
    """A progress bar over runs, and a line for each that ends."""

    def __init__(self, name: str, total: int) -> None:
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit="run", desc=name, disable=None, dynamic_ncols=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.close()

    def skip(self, count: int) -> None:
        """Runs that were finished before."""
        self.bar.update(count)

    def __call__(self, progress: Progress) -> None:
        """A step of a run, or its end."""
        outcome = progress.outcome
        if outcome is None:
            self.bar.set_postfix_str(f"{progress.request.name}, {progress.word}")
            return
        said = f"FAILED: {outcome.error}" if outcome.error else outcome.summary
        self.bar.write(f"{progress.request.name}: {said} ({outcome.seconds:.0f} s)")
        self.bar.update()
