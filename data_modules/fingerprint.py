"""The hash of what was read: two equal fingerprints mean the same images, labels and splits."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from os import fsencode
from pathlib import Path

from data_modules.records import SplitRecords


def data_fingerprint(
    root: Path,
    label_names: Sequence[str],
    splits: Iterable[tuple[str, SplitRecords, Sequence[int]]],
) -> str:
    """SHA-256 over annotations, labels and image names and sizes; pixels are not read.

    Args:
        root: files are named relative to it, so that a moved data set keeps its fingerprint.
        label_names: K names.
        splits: name, records and the bytes of each image file.

    Returns:
        64 hexadecimal digits.
    """
    total = hashlib.sha256(json.dumps(list(label_names)).encode())
    for name, records, sizes in splits:
        part = hashlib.sha256()
        for file in records.annotation_files:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            part.update(_line(_relative(file, root), digest))
        for image_id, path, size in zip(records.image_ids, records.image_paths, sizes, strict=True):
            part.update(_line(image_id, _relative(path, root), str(size)))
        part.update(records.targets.contiguous().numpy().data)
        part.update(records.ignored.contiguous().numpy().data)
        total.update(_line(name, part.hexdigest()))
    return total.hexdigest()


def _line(*words: str) -> bytes:
    # No file name holds a zero byte.
    return b"\0".join(fsencode(word) for word in words) + b"\n"


def _relative(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
