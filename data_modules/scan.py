"""Looks at the files of a split before any is used: sizes, missing files, and, to skip, pixels."""

import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import platformdirs
from tqdm import tqdm

from data_modules.errors import DataError
from data_modules.images import file_size, read_image
from data_modules.records import SplitRecords

logger = logging.getLogger(__name__)

_SHOWN = 5  # images named in the log; the list has all


def check_files(records: SplitRecords) -> list[int]:
    """The bytes of each image file; opens none.

    Raises:
        DataError: a file is missing or empty; it names the line or entry that lists the image.
    """
    return [_listed_size(records, row) for row in range(len(records))]


def usable_images(
    records: SplitRecords, num_threads: int, open_images: bool
) -> tuple[SplitRecords, list[int], list[str]]:
    """What is left of a split when unusable images are left out.

    Args:
        records: N images.
        num_threads: at least 1.
        open_images: leave out what cannot be decoded (1 to 2 ms a photo and thread), not only
            what is missing or empty.

    Returns:
        The M <= N records that are left, the bytes of each file, and a message for each image
        that was left out.
    """
    problem_of = partial(_problem, records, open_images)
    problems = _in_threads(problem_of, range(len(records)), num_threads)
    kept = [row for row, problem in enumerate(problems) if problem is None]
    left = records.select(kept)
    return left, check_files(left), [problem for problem in problems if problem is not None]


def report_skipped(skipped: Sequence[str], total: int, name: str, root: Path) -> None:
    """Logs how many images were left out and the first few, and lists all of them in a file.

    Args:
        skipped: a message for each; nothing happens if there is none.
        total: images that are listed.
        name: of data set and split.
        root: of the data set; another root has another file.
    """
    if not skipped:
        return
    file = _home() / "skipped" / f"{name}-{_short_hash(root)}.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{message}\n" for message in skipped), encoding="utf-8")
        where = f"all of them are listed in {file}"
    except OSError as error:
        where = f"the list of all could not be written ({error})"
    logger.warning(
        "Left out %d of %d images of %s that cannot be used; %s\n  %s",
        len(skipped),
        total,
        name,
        where,
        "\n  ".join(skipped[:_SHOWN]),
    )


def _listed_size(records: SplitRecords, row: int) -> int:
    try:
        return file_size(records.image_paths[row])
    except DataError as error:
        file, place = records.places[row]
        expected = f"the image {records.image_ids[row]}, which is listed here"
        got = f"{error.got} ({error.file})"
        raise DataError(file, place, expected, got, error.fix) from None


def _problem(records: SplitRecords, open_images: bool, row: int) -> str | None:
    try:
        _listed_size(records, row)
        if open_images:
            read_image(records.image_paths[row])
    except DataError as error:
        return str(error)
    return None


def _in_threads(
    function: Callable[[int], str | None], rows: Sequence[int], num_threads: int
) -> list[str | None]:
    """The results in order; decoders release Python's lock, so threads do run at once."""
    with ThreadPoolExecutor(num_threads) as pool:
        results = pool.map(function, rows)
        return list(tqdm(results, "Checking images", len(rows), unit="image", disable=None))


def _home() -> Path:
    home = os.environ.get("CNN_RNN_HOME")
    return Path(home).expanduser() if home else platformdirs.user_cache_path("cnn-rnn")


def _short_hash(root: Path) -> str:
    return hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:10]
