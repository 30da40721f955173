"""`python -m data_modules coco --root DIR`: gets an official data set, or says how to."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from data_modules.download import Source, download, missing_files, read_catalogue
from data_modules.errors import DataError

logger = logging.getLogger("data_modules")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        0 if the data set is there; 1 if the user has steps to take; 2 after an error.
    """
    catalogue = read_catalogue()
    parser = argparse.ArgumentParser(
        prog="python -m data_modules",
        description="Get an official data set: download, verify and unpack, or say how to.",
        allow_abbrev=False,
    )
    parser.add_argument("name", choices=sorted(catalogue))
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data set")
    parser.add_argument(
        "--keep-archives", action="store_true", help="do not delete archives after unpacking"
    )
    parser.add_argument(
        "--all", action="store_true", help="also archives that the data modules do not read"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    source, root = catalogue[options.name], options.root.expanduser()
    try:
        if not source.archives:
            return _tell(source, root)
        download(source, root, keep_archives=options.keep_archives, extras=options.all)
    except DataError as error:
        logger.error("error: %s", error)
        return 2
    except KeyboardInterrupt:
        logger.error("interrupted; the same command goes on from here")
        return 130
    return 0


def _tell(source: Source, root: Path) -> int:
    """Says what is missing, and the steps to get it."""
    missing = missing_files(source, root)
    if not missing:
        logger.info("%s is in %s", source.title, root.absolute())
        return 0
    logger.info("%s: its owner does not let programs download it.\n%s\n", source.title, source.page)
    for number, step in enumerate(source.steps, start=1):
        logger.info("%d. %s\n", number, step.replace("ROOT", str(root)))
    logger.info("Below %s:", root.absolute())
    for entry in source.layout:
        state = "missing" if entry in missing else "there"
        logger.info("  %-7s  %s  (%s)", state, entry.path, entry.what)
    return 1


if __name__ == "__main__":
    sys.exit(main())
