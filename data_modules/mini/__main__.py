"""`python -m data_modules.mini`: draw mini-COCO now, and a contact sheet of it if asked for."""

import argparse
import logging
from pathlib import Path

from data_modules.mini.coco import ensure_mini_coco
from data_modules.mini.contact_sheet import contact_sheet, drawing_sheet

logger = logging.getLogger("data_modules.mini")


def main(arguments: list[str] | None = None) -> None:
    """Draws what is not there yet and logs where it is."""
    parser = argparse.ArgumentParser(
        prog="python -m data_modules.mini", description=main.__doc__, allow_abbrev=False
    )
    parser.add_argument("--root", type=Path, help="default: mini under $CNN_RNN_HOME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--num-train", type=int, default=6000)
    parser.add_argument("--num-val", type=int, default=2000)
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--contact-sheet", type=Path, help="write scenes with labels to this PNG")
    parser.add_argument("--drawing-sheet", type=Path, help="write all drawings to this PNG")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = ensure_mini_coco(
        options.root,
        seed=options.seed,
        num_train=options.num_train,
        num_val=options.num_val,
        image_size=options.image_size,
    )
    logger.info("mini-COCO is in %s", folder)
    if options.contact_sheet is not None:
        contact_sheet(folder, "val2014").save(options.contact_sheet)
        logger.info("wrote %s", options.contact_sheet)
    if options.drawing_sheet is not None:
        drawing_sheet().save(options.drawing_sheet)
        logger.info("wrote %s", options.drawing_sheet)


if __name__ == "__main__":
    main()
