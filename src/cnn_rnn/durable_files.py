"""Files that survive a crash: JSON replaced in one step, disk space taken in advance."""

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
_CANNOT_RESERVE = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no such file or it holds no JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    return content if isinstance(content, dict) else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replaces a JSON file in one step: whoever reads it sees all of the old or all of the new.

    When it returns, the content is on the disk. Two writers of one path must hold a lock.
    """
    partial = path.with_suffix(".partial.json")
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the rename itself is on the disk only after the folder is
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def reserve(descriptor: int, size: int) -> None:
    """Makes an open file `size` bytes long and takes the space now, where the system can.

    Raises:
        OSError: the disk is full (see `is_full_disk`).
    """
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in _CANNOT_RESERVE:
                raise
        else:
            return
    os.ftruncate(descriptor, size)


def is_full_disk(error: OSError) -> bool:
    """Whether an error means that the disk, or the user's share of it, is used up."""
    return error.errno in _FULL_DISK


def in_words(num_bytes: float) -> str:
    """A size with three digits and its unit: 1_340_000_000 is "1.34 GB"."""
    for unit in ("B", "KB", "MB", "GB"):
        if num_bytes < 1000:
            return f"{num_bytes:.3g} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.3g} TB"
