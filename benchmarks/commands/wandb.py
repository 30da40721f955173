"""`wandb`, and `--wandb` of the tables: what was run, on Weights & Biases."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands.common import Commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.wandb_suite import Destination, Logged


def add(commands: Commands) -> None:
    """Adds the command."""
    words = "log all finished tables and studies of the results folder to W&B, each once"
    parser = commands.add_parser("wandb", help=words, description=words, allow_abbrev=False)
    parser.set_defaults(command=_wandb)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")
    add_option(parser, default="offline")


def add_option(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """--wandb and --wandb-project."""
    parser.add_argument(
        "--wandb",
        choices=("offline", "online"),
        default=default,
        help="log to W&B: offline into the results folder, without an account; online needs a key",
    )
    parser.add_argument("--wandb-project", default=None, help="project on W&B")


def check(options: argparse.Namespace) -> None:
    """Before anything runs: whether --wandb can be done.

    Raises:
        WandbError: it cannot.
    """
    if options.wandb is not None:
        from benchmarks import wandb_suite

        wandb_suite.check(_destination(options))


def log(options: argparse.Namespace, table: str) -> None:
    """After a table is written: logs it where --wandb asks for it, and says where it is."""
    if options.wandb is not None:
        from benchmarks import wandb_suite

        destination = _destination(options)
        _say(destination, wandb_suite.log_table(destination, table))


def _wandb(options: argparse.Namespace) -> int:
    from benchmarks import wandb_suite
    from benchmarks.store import ResultError

    destination = _destination(options)
    wandb_suite.check(destination)
    tables, studies = wandb_suite.reports_in(options.results)
    if not tables and not studies:
        raise ResultError(f"{options.results} holds no finished table or study: make table3 first")
    written: list[Logged] = []
    for table in tables:
        written += wandb_suite.log_table(destination, table)
    for study in studies:
        written += wandb_suite.log_study(destination, study)
    _say(destination, written)
    return 0


def _destination(options: argparse.Namespace) -> Destination:
    from benchmarks import wandb_suite

    project = options.wandb_project or wandb_suite.PROJECT
    return wandb_suite.Destination(options.results, options.wandb, project)


def _say(destination: Destination, written: Sequence[Logged]) -> None:
    if not written:
        print(f"W&B: everything is logged already ({destination.folder}/logged.json)")
    elif destination.mode == "online":
        print(f"W&B: {len(written)} runs logged, the last one: {written[-1].url}")
    else:
        print(f"W&B: {len(written)} runs in {destination.folder}, offline; to upload them:")
        print(f"  wandb sync {destination.folder}/offline-run-*")
