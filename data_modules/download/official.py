"""The official archives of a data set: fetched, verified, unpacked, and remembered as done."""

import glob
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data_modules.download.catalogue import Archive, LayoutEntry, Source, has_entries
from data_modules.download.fetch import fetch
from data_modules.download.transfer import Patience
from data_modules.download.unpack import free_space, unpack
from data_modules.errors import DataError

logger = logging.getLogger(__name__)

ARCHIVES = "archives"  # folder below the root: downloads, their sha256, and what was unpacked


def download(
    source: Source,
    root: Path,
    *,
    keep_archives: bool = False,
    extras: bool = False,
    patience: Patience | None = None,
) -> list[str]:
    """Brings the archives of a data set to a folder; what is done already is left alone.

    Args:
        source: one of `read_catalogue()` that has archives.
        root: the folder of the data set, as its data module takes it.
        keep_archives: leave each archive there after it was unpacked.
        extras: also archives that no data module reads.
        patience: of connections.

    Returns:
        Names of the archives that were unpacked now.

    Raises:
        DataError: no room, no connection, wrong bytes or a bad archive; or another process does
            the same at this moment.
    """
    wanted = [archive for archive in source.archives if extras or not archive.extra]
    folder = root / ARCHIVES
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            missing = [archive for archive in wanted if not _is_done(archive, root)]
            _require_space(missing, root, keep_archives)
            for archive in missing:
                _bring(archive, root, keep_archives, patience)
    except OSError as error:
        fix = "free some space or choose another folder; the same command goes on where it ended"
        raise DataError(root, "", "a folder to write to", str(error), fix) from None
    logger.info("%s is in %s", source.title, root.absolute())
    return [archive.name for archive in missing]


def missing_files(source: Source, root: Path) -> list[LayoutEntry]:
    """What a data set that no command can fetch still lacks."""
    return [entry for entry in source.layout if not has_entries(root / entry.path, entry.entries)]


def needed_space(archives: Sequence[Archive], root: Path, keep_archives: bool) -> int:
    """The most bytes that are in use at once while archives are fetched and unpacked in turn."""
    used = most = 0
    for archive in archives:
        file = root / ARCHIVES / archive.name
        there = [path for path in (file, Path(f"{file}.part")) if path.exists()]
        used += max(0, (archive.size or 0) - sum(path.stat().st_size for path in there))
        most = max(most, used + archive.unpacked)
        used += archive.unpacked - (0 if keep_archives else archive.size or 0)
    return most


def _require_space(archives: Sequence[Archive], root: Path, keep_archives: bool) -> None:
    needed, free = needed_space(archives, root, keep_archives), free_space(root)
    if free < needed:
        names = ", ".join(archive.name for archive in archives)
        fix = "free some space or choose another folder"
        expected = f"{needed / 1e9:.1f} GB free for {names}"
        raise DataError(root, "", expected, f"{free / 1e9:.1f} GB", fix)


def _bring(archive: Archive, root: Path, keep: bool, patience: Patience | None) -> None:
    file = root / ARCHIVES / archive.name
    digest = fetch(archive.urls, file, archive.size, archive.sha256, patience)
    logger.info("%s has the sha256 %s", archive.name, digest)
    if archive.sha256 is None:
        logger.warning("%s: no checksum is published; only its structure is verified", archive.name)
    result = unpack(file, root, archive.unpacked)
    for path, count in archive.expects.items():
        if not has_entries(root / path, count):
            expected = f"{path} in it" if count == 1 else f"{path} with {count:,} files in it"
            fix = "the archive is not the official one: delete it and run the command again"
            raise DataError(file, "", expected, "none", fix)
    done = {"sha256": digest, "files": result.files, "bytes": result.size}
    _stamp(archive, root).write_text(f"{json.dumps(done)}\n", encoding="utf-8")
    if not keep:
        file.unlink()
    logger.info("%s: %d files, %.2f GB", archive.name, result.files, result.size / 1e9)


def _is_done(archive: Archive, root: Path) -> bool:
    if not archive.is_in(root):
        return False
    digest = _unpacked_digest(archive, root)
    if digest is None and any((root / ARCHIVES).glob(f"{glob.escape(archive.name)}*")):
        return False  # of a run that did not come to its end
    if digest is None:
        logger.warning(
            "%s: its files are in %s already, put there by other means; `lightning check` "
            "examines them",
            archive.name,
            root.absolute(),
        )
        return True
    if archive.sha256 not in (None, digest):
        return False
    logger.info("%s is unpacked already", archive.name)
    return True


def _unpacked_digest(archive: Archive, root: Path) -> str | None:
    """The sha256 of the archive that was unpacked here; None if it was not by this module."""
    try:
        done = json.loads(_stamp(archive, root).read_text(encoding="utf-8"))
        return str(done["sha256"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _stamp(archive: Archive, root: Path) -> Path:
    return root / ARCHIVES / f"{archive.name}.unpacked.json"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; the lock ends with the process, however it ends."""
    if sys.platform == "win32":  # has no lock on a folder
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fix = "wait until it is done, and run the command again if something is missing"
            got = "another process that downloads to it"
            raise DataError(folder, "", "this folder for one process", got, fix) from None
        yield
    finally:
        os.close(descriptor)
