"""`report`: one HTML page of all results."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the command."""
    words = "write one HTML page of all results, and the paper's claims with their answers"
    parser = commands.add_parser("report", help=words, description=words, allow_abbrev=False)
    parser.set_defaults(command=_report)
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results")


def _report(options: argparse.Namespace) -> int:
    """Writes the page from what lies in the results folder, and says what is missing."""
    from benchmarks import page

    files, results = page.write(options.results)
    for part in results.missing:
        print(f"{part.name}: not there; {part.target} makes it")
    print("Written: " + ", ".join(map(str, files)))
    return 0
