"""The command line of the suite: `python -m benchmarks table3 --data auto --seeds 3`."""

from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import sys
from collections.abc import Sequence

from benchmarks import commands
from benchmarks.commands.common import Parser

# Those that have `add` add their commands; the others are helpers of these.
MODULES = tuple(sorted(module.name for module in pkgutil.iter_modules(commands.__path__)))


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


def parser() -> Parser:
    """All commands and their options; abbreviations are refused; nothing heavy is imported."""
    made = Parser("python -m benchmarks", description=__doc__, allow_abbrev=False)
    added = made.add_subparsers(required=True, metavar="command", parser_class=Parser)
    for name in MODULES:
        module = importlib.import_module(f"benchmarks.commands.{name}")
        if hasattr(module, "add"):
            module.add(added)
    return made


if __name__ == "__main__":
    # Workers count on one thread each; libraries that read this do so when they are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
