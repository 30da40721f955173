"""Reads what is there without training: every annotation, and every image to its last pixel."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from typing import NamedTuple

from tqdm import tqdm

from data_modules.base import MultiLabelDataModule
from data_modules.check_report import CheckReport, SplitReport
from data_modules.errors import DataError
from data_modules.images import file_size, read_image
from data_modules.official_counts import official_edition
from data_modules.records import SplitRecords

_SHOWN = 3  # duplicates named in a message


class _Opened(NamedTuple):
    """What one image file is: `digest` of its bytes, or why there is none."""

    digest: bytes = b""
    missing: str = ""
    broken: str = ""


def check(datamodule: MultiLabelDataModule, splits: Sequence[str]) -> CheckReport:
    """Examines splits of a data set, opening every image in as many threads as it has workers.

    Broken data is an error: annotations that cannot be read, files that are missing or no images,
    an image of the training split in the split of validation or test. A warning is what may be
    meant: another number of images or labels than the official edition's, the same image under two
    names, other splits that share images. Bad files that `on_error` leaves out are listed and are
    no errors.

    Args:
        datamodule: of any format.
        splits: names, at least one.

    Raises:
        ValueError: no split is named.
    """
    if not splits:
        raise ValueError("splits: expected the name of at least one split")
    errors: list[str] = []
    records = {}
    for split in dict.fromkeys(splits):
        try:
            records[split] = datamodule.read_split(split)
        except DataError as error:
            if str(error) not in errors:  # splits may lack the same folder
                errors.append(str(error))
    label_names = datamodule.label_names if records else []
    opened = {
        split: _open_all(found, split, max(1, datamodule.num_workers))
        for split, found in records.items()
    }
    errors += [
        f"split {split}: expected images, got none" for split, found in records.items() if not found
    ]
    reports = [
        _split_report(datamodule, split, found, opened[split])
        for split, found in records.items()
        if found
    ]
    shared_errors, shared_warnings = _shared_ids(datamodule, records)
    return CheckReport(
        f"{'MINI: ' if datamodule.is_mini else ''}{datamodule.title}",
        str(datamodule.root.absolute()),
        label_names,
        reports,
        errors + shared_errors,
        [
            *_differences(datamodule, reports, len(label_names)),
            *shared_warnings,
            *_same_content(records, opened),
        ],
        datamodule.on_error,
    )


def _open_all(records: SplitRecords, split: str, num_threads: int) -> list[_Opened]:
    """Every image of a split; decoders release Python's lock, so threads do run at once."""
    with ThreadPoolExecutor(num_threads) as pool:
        results = pool.map(partial(_open, records), range(len(records)))
        title = f"Opening {split}"
        return list(tqdm(results, title, len(records), unit="image", disable=None))


def _open(records: SplitRecords, row: int) -> _Opened:
    path = records.image_paths[row]
    file, place = records.places[row]
    listed = f"{file}:{place}" if place != "" else str(file)
    try:
        file_size(path)
    except DataError as error:
        return _Opened(missing=f"{path}: {error.got} (listed in {listed})")
    try:
        read_image(path)
        return _Opened(digest=hashlib.sha256(path.read_bytes()).digest())
    except DataError as error:
        return _Opened(broken=f"{path}: {error.got} (listed in {listed})")


def _split_report(
    datamodule: MultiLabelDataModule, split: str, records: SplitRecords, opened: Sequence[_Opened]
) -> SplitReport:
    numbers = Counter(records.targets.sum(dim=1).tolist())
    edition = None if datamodule.is_mini else official_edition(type(datamodule))
    counts = {} if edition is None else edition.images.get(split, {})
    return SplitReport(
        split,
        len(records),
        records.used,
        dict(sorted(numbers.items())),
        records.targets.sum(dim=0).tolist(),
        int(records.ignored.sum()),
        [image.missing for image in opened if image.missing],
        [image.broken for image in opened if image.broken],
        " or ".join(f"{number:,} ({what})" for number, what in counts.items()),
    )


def _differences(
    datamodule: MultiLabelDataModule, reports: Sequence[SplitReport], num_labels: int
) -> list[str]:
    """Where numbers are not those of the official edition."""
    edition = official_edition(type(datamodule))
    if edition is None or datamodule.is_mini or not reports:
        return []
    messages = []
    if num_labels != edition.num_labels:
        messages.append(f"{num_labels:,} labels; the official edition has {edition.num_labels:,}")
    for report in reports:
        if report.official and report.images not in edition.images[report.name]:
            messages.append(
                f"{report.name}: {report.images:,} images; the official edition has "
                f"{report.official}"
            )
    return messages


def _shared_ids(
    datamodule: MultiLabelDataModule, records: dict[str, SplitRecords]
) -> tuple[list[str], list[str]]:
    """Images that are listed twice: in one split, or in two; errors and warnings."""
    errors, warnings = [], []
    for split, found in records.items():
        twice = [name for name, count in Counter(found.image_ids).items() if count > 1]
        if twice:
            errors.append(f"{split} lists {_named(twice)} more than once")
    evaluated = (datamodule.val_split, datamodule.test_split)
    leaks = [{datamodule.train_split, split} for split in evaluated]
    for one, other in combinations(records, 2):
        known = set(records[one].image_ids)
        both = [name for name in dict.fromkeys(records[other].image_ids) if name in known]
        if not both:
            continue
        message = f"{one} and {other} share {_named(both)}"
        if {one, other} in leaks:
            errors.append(f"{message}: training and evaluation must not")
        else:
            warnings.append(message)
    return errors, warnings


def _same_content(records: dict[str, SplitRecords], opened: dict[str, list[_Opened]]) -> list[str]:
    """Files that are the same byte for byte under different names."""
    names: dict[bytes, dict[str, str]] = defaultdict(dict)
    for split, found in records.items():
        for image_id, image in zip(found.image_ids, opened[split], strict=True):
            if image.digest:
                names[image.digest].setdefault(image_id, split)
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for same in names.values():
        (first, first_split), *others = same.items()
        for other, split in others:
            pairs[first_split, split].append(f"{first} = {other}")
    return [
        f"the same photo under two names, in {one}{'' if one == other else f' and {other}'}: "
        f"{_named(found)}"
        for (one, other), found in pairs.items()
    ]


def _named(names: Sequence[str]) -> str:
    more = f", ... ({len(names):,} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
