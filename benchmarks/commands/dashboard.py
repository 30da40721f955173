"""`dashboard`: the workspace of the suite on W&B."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the command."""
    words = "build the W&B workspace of the suite: saved where there is a server, else in a file"
    parser = commands.add_parser("dashboard", help=words, description=words, allow_abbrev=False)
    parser.set_defaults(command=_dashboard)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")
    parser.add_argument("--wandb-project", default=None, help="project on W&B")
    parser.add_argument("--entity", default=None, help="user or team on W&B; by default your own")


def _dashboard(options: argparse.Namespace) -> int:
    """Makes the dashboard, and says where it is."""
    from benchmarks import wandb_dashboard, wandb_suite

    project = options.wandb_project or wandb_suite.PROJECT
    made = wandb_dashboard.make(options.results, project, options.entity)
    if made.url is not None:
        print(f"Saved: {made.url} (its specification: {made.file})")
        return 0
    print(
        f"No W&B server: nobody is logged in. The same specification is in {made.file}; with "
        "WANDB_API_KEY, and WANDB_BASE_URL for a server of your own, this command saves it there."
    )
    return 0
