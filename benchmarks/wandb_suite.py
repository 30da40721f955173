"""The suite on Weights & Biases: finished runs, tables and studies, made from the results folder.

Each run of a table is a W&B run: group = the table, job type = the row, tags = data and MINI. A
finished table is a run of its own, whose `wandb.Table` is the CSV. Ids are made from the keys of
the runs and from the CSV, and `wandb/logged.json` keeps what was logged: whatever is asked for
again is not logged twice.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks import wandb_content as content
from benchmarks.cells import Report
from benchmarks.store import ResultError, ResultStore, write_json
from cnn_rnn.wandb_lineage import use
from cnn_rnn.wandb_runs import keep_files_in

if TYPE_CHECKING:
    from wandb import Run

Mode = Literal["offline", "online"]
PROJECT = "cnn-rnn-suite"
LEDGER = "logged.json"


class WandbError(ValueError):
    """W&B cannot be written to; says what to do."""

    is_user_error = True


@dataclass(frozen=True)
class Logged:
    """A W&B run that was written now.

    Attributes:
        id: of the run.
        folder: its files.
        url: of its page; None offline.
    """

    id: str
    folder: Path
    url: str | None


@dataclass(frozen=True)
class Destination:
    """Where runs go.

    Attributes:
        results: the folder of the results; W&B's files lie in `wandb` below it.
        mode: offline writes to the disk, for a later `wandb sync`; online needs a key.
        project: on W&B.
    """

    results: Path
    mode: Mode
    project: str = PROJECT

    @property
    def folder(self) -> Path:
        """Of all files of W&B."""
        return self.results / "wandb"

    @property
    def name(self) -> str:
        """What was logged is remembered for each server and project, and for the disk."""
        if self.mode == "offline":
            return f"offline {self.project}"
        import wandb

        return f"{wandb.setup().settings.base_url} {self.project}"


def check(destination: Destination) -> None:
    """Sees before any work that runs can be logged, without a question.

    Raises:
        WandbError: online, and there is no key.
    """
    if destination.mode == "online" and not has_key(destination.folder):
        raise WandbError(
            "W&B online needs a key, and none is there: set WANDB_API_KEY, run `wandb login`, or "
            "log with --wandb offline"
        )


def has_key(folder: Path) -> bool:
    """Whether somebody is logged in at W&B.

    Args:
        folder: where W&B keeps its files.
    """
    import wandb

    keep_files_in(folder)
    return wandb.login(prompt=False, verify=False)


def log_table(destination: Destination, table: str) -> list[Logged]:
    """Logs the runs of a table that are not logged yet, and the table.

    Args:
        destination: where to.
        table: id of a table whose report lies in the results folder.
    Returns:
        What was written now.
    Raises:
        ResultError: there is no such report, or a run of it is gone.
        WandbError: W&B refuses.
    """
    report, text = _report(destination.results, table)
    store = ResultStore(destination.results)
    written: list[Logged] = []
    keys: list[str] = []
    for row in report["rows"]:
        for one in row["runs"]:
            record = store.read(one["key"])
            keys.append(one["key"])
            fill = partial(content.log_run, store=store, report=report, row=row, record=record)
            name = f"{table}-{row['id']}-{one['key'][:12]}"
            written += _once(destination, name, content.of_run(report, row, record), fill)

    def fill_table(run: Run) -> None:
        for key in dict.fromkeys(keys):
            use(run, content.run_artifact(store, store.read(key)))
        content.log_report(run, table, report, text, destination.results)

    name = f"{table}-{content.short_hash(text)}"
    return written + _once(destination, name, content.of_report(table, "table", report), fill_table)


def log_study(destination: Destination, study: str) -> list[Logged]:
    """Logs the report of a study as a run: its table, its plot, and its lines.

    Args:
        destination: where to.
        study: its name.
    Returns:
        What was written now.
    Raises:
        ResultError: there is no such report.
        WandbError: W&B refuses.
    """
    stem = f"study-{study}"
    report, text = _report(destination.results, stem)

    def fill(run: Run) -> None:
        content.log_study_lines(run, study, report)
        content.log_report(run, stem, report, text, destination.results)

    name = f"{stem}-{content.short_hash(text)}"
    return _once(destination, name, content.of_report(stem, "study", report), fill)


def reports_in(results: Path) -> tuple[list[str], list[str]]:
    """The tables and the studies whose reports lie in a folder."""
    tables = [file.stem for file in sorted(results.glob("table[0-9].json"))]
    studies = [file.stem.removeprefix("study-") for file in sorted(results.glob("study-*.json"))]
    return tables, studies


def _report(results: Path, stem: str) -> tuple[Report, str]:
    file = results / f"{stem}.json"
    if not file.is_file() or not file.with_suffix(".csv").is_file():
        raise ResultError(f"{file} and its .csv are not there: make {stem} first")
    report: Report = json.loads(file.read_text(encoding="utf-8"))
    return report, file.with_suffix(".csv").read_text(encoding="utf-8")


def _once(
    destination: Destination,
    run_id: str,
    described: Mapping[str, Any],
    fill: Callable[[Run], object],
) -> list[Logged]:
    """Writes a W&B run unless it is written already; an interrupted one is begun anew."""
    import wandb

    ledger = destination.folder / LEDGER
    known = json.loads(ledger.read_text(encoding="utf-8")) if ledger.is_file() else {}
    if run_id in known.get(destination.name, {}):
        return []
    keep_files_in(destination.folder)
    destination.folder.mkdir(parents=True, exist_ok=True)
    for unfinished in destination.folder.glob(f"{destination.mode}-run-*-{run_id}"):
        shutil.rmtree(unfinished)
    try:
        with wandb.init(
            project=destination.project,
            dir=str(destination.results),
            mode=destination.mode,
            id=run_id,
            # Nothing on the terminal, and no use of this machine: the runs are over.
            settings=wandb.Settings(console="off", silent=True, x_disable_stats=True),
            **described,
        ) as run:
            folder = Path(run.dir).parent
            url = run.url if destination.mode == "online" else None
            fill(run)
    except wandb.Error as error:
        raise WandbError(
            f"W&B, {run_id}: {error}. What was logged before stays logged; the same command goes on"
        ) from error
    known.setdefault(destination.name, {})[run_id] = folder.name
    write_json(ledger, known)
    return [Logged(run_id, folder, url)]
