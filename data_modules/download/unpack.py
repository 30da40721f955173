"""Archives from strangers, unpacked so that nothing can come to lie outside of the target.

Every name is judged before the first file is written. All goes into a new folder beside the target
and is moved only when it is whole: every CRC right, every header understood.
"""

import errno
import filecmp
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from data_modules.download.archive_members import Member, open_archive
from data_modules.download.transfer import progress_bar
from data_modules.errors import DataError

MAX_FILES = 1_000_000  # our choice: eight times COCO
_CHUNK = 1 << 20


class Unpacked(NamedTuple):
    """What came out."""

    files: int
    size: int  # bytes


def unpack(archive: Path, root: Path, max_size: int, max_files: int = MAX_FILES) -> Unpacked:
    """Unpacks a .zip or an uncompressed .tar into a folder, beside what is there already.

    Files that are there with the same bytes stay. Interrupted at any moment, it can be run again.

    Args:
        archive: known by its suffix.
        root: exists, or is created.
        max_size: bytes that the archive's files may claim together.
        max_files: entries that it may have.

    Returns:
        Number and bytes of its files.

    Raises:
        DataError: damaged; not of files and folders alone; a name that leaves the target, comes
            twice or cannot be written everywhere; too large; or a file is there with other bytes.
        OSError: the disk is full.
    """
    with open_archive(archive) as opened:
        members = _acceptable(archive, opened.members(max_files), max_size)
        size = sum(member.size for member in members)
        _require_space(root, size)
        fresh = root / f".unpacking-{archive.name}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            if fresh.exists():  # of a run that was killed
                shutil.rmtree(fresh)
            fresh.mkdir()
            with progress_bar(f"Unpacking {archive.name}", size) as bar:
                for member in members:
                    path = fresh.joinpath(*member.parts)
                    if member.is_folder:
                        path.mkdir(parents=True, exist_ok=True)
                        continue
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with opened.open(member) as source, path.open("xb") as target:
                        while chunk := source.read(_CHUNK):
                            target.write(chunk)
                            bar.update(len(chunk))
            _merge(archive, fresh, root)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return Unpacked(sum(not member.is_folder for member in members), size)


def _acceptable(archive: Path, members: list[Member], max_size: int) -> list[Member]:
    """The members, if they may be written as they are."""
    size = sum(member.size for member in members)
    if size > max_size:
        raise _refused(archive, "", f"at most {max_size:,} bytes of files", f"{size:,}: a bomb?")
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = {()}  # the target itself
    for member in members:
        # Many file systems do not tell upper from lower case.
        parts = tuple(part.casefold() for part in member.parts)
        above = {parts[:length] for length in range(1, len(parts))}
        again = parts in files or (not member.is_folder and parts in folders)
        if again or above & files:
            raise _refused(archive, member.name, "each name once", "it again")
        folders |= above
        (folders if member.is_folder else files).add(parts)
    return members


def _require_space(root: Path, size: int) -> None:
    free = free_space(root)
    if free < size:
        fix = "free some space or choose another folder"
        raise DataError(root, "", f"{size:,} free bytes to unpack into", f"{free:,}", fix)


def free_space(folder: Path) -> int:
    """Free bytes on the disk of a folder that may not exist yet."""
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free


def _merge(archive: Path, source: Path, target: Path) -> None:
    """Moves a tree into another one: all of it, or nothing if a file there has other bytes."""
    for path, destination in _moves(archive, source, target):
        try:
            path.replace(destination)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # A folder there is the owner's link to another disk.
            beside = destination.with_name(f".{destination.name}.part")
            shutil.move(path, beside)
            beside.replace(destination)


def _moves(archive: Path, source: Path, target: Path) -> list[tuple[Path, Path]]:
    moves: list[tuple[Path, Path]] = []
    with os.scandir(source) as entries:
        paths = sorted(Path(entry.path) for entry in entries)
    for path in paths:
        destination = target / path.name
        if path.is_dir() and destination.is_dir():
            moves += _moves(archive, path, destination)
        elif not os.path.lexists(destination):
            moves.append((path, destination))
        elif not (
            path.is_file()
            and destination.is_file()
            and filecmp.cmp(path, destination, shallow=False)
        ):
            fix = "it is not the official one: move it away and run the command again"
            raise DataError(destination, "", f"the bytes in {archive.name}", "others", fix)
    return moves


def _refused(archive: Path, name: str, expected: str, got: str) -> DataError:
    fix = "nothing was unpacked; get the archive from its owner again"
    return DataError(archive, name, expected, got, fix)
