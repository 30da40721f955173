"""Zip and tar under one contract: a list of plain files and folders with judged names, or an error.

Links, devices, encrypted and sparse members, and names that could lead out of a folder on any
system, are refused here.
"""

import errno
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, Protocol

from data_modules.errors import DataError, shown

_FIX = "nothing was unpacked; get the archive from its owner again"
_BLOCK = tarfile.BLOCKSIZE
_DAMAGE = (  # all that the readers of the standard library raise on bad bytes
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    NotImplementedError,
    ValueError,
)


class Member(NamedTuple):
    """A file or folder of an archive.

    Attributes:
        name: as the archive has it.
        parts: of the path below the target; none for the target itself.
        size: bytes; 0 for a folder.
        is_folder: or a plain file.
        position: in the archive.
    """

    name: str
    parts: tuple[str, ...]
    size: int
    is_folder: bool
    position: int


class OpenArchive(Protocol):
    """An archive that is open for reading."""

    def members(self, max_files: int) -> list[Member]:
        """All members.

        Raises:
            DataError: one is no plain file or folder, has a name that is refused, or there are
                more than `max_files`.
        """

    def open(self, member: Member) -> IO[bytes]:
        """The bytes of a file."""


@contextmanager
def open_archive(file: Path) -> Iterator[OpenArchive]:
    """Opens a .zip or an uncompressed .tar.

    Raises:
        DataError: it is damaged: at once, or while members are read.
    """
    try:
        if file.suffix == ".tar":
            # No decompression: the size of a tar bounds what is in it.
            with tarfile.open(file, "r:") as tar:
                yield _Tar(file, tar)
        else:
            with zipfile.ZipFile(file) as archive:
                yield _Zip(file, archive)
    except DataError:
        raise
    except _DAMAGE as error:
        raise _damaged(file, error) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset before the beginning
            raise
        raise _damaged(file, error) from None


class _Zip:
    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self.file = file
        self.archive = archive

    def members(self, max_files: int) -> list[Member]:
        infos = self.archive.infolist()
        _check_count(self.file, len(infos), max_files)
        return [self._member(index, info) for index, info in enumerate(infos)]

    def open(self, member: Member) -> IO[bytes]:
        return self.archive.open(self.archive.infolist()[member.position])

    def _member(self, index: int, info: zipfile.ZipInfo) -> Member:
        # `filename` ends at a zero byte, `orig_filename` does not.
        parts = _safe_parts(self.file, info.orig_filename)
        kind = stat.S_IFMT(info.external_attr >> 16)
        is_folder = info.is_dir()
        if kind not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
            raise _special(self.file, info.filename, f"one of mode {kind:o}")
        if info.flag_bits & 0x1:
            raise _special(self.file, info.filename, "an encrypted one")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _special(self.file, info.filename, f"compression {info.compress_type}")
        return Member(info.filename, parts, 0 if is_folder else info.file_size, is_folder, index)


class _Tar:
    def __init__(self, file: Path, archive: tarfile.TarFile) -> None:
        self.file = file
        self.archive = archive

    def members(self, max_files: int) -> list[Member]:
        members, end = [], 0
        for index, info in enumerate(self.archive):
            _check_count(self.file, index + 1, max_files)
            members.append(self._member(index, info))
            end = info.offset_data + -(-info.size // _BLOCK) * _BLOCK
        self._require_end(end)
        return members

    def open(self, member: Member) -> IO[bytes]:
        stream = self.archive.extractfile(self.archive.getmembers()[member.position])
        assert stream is not None  # `members` lets plain files through only
        return stream

    def _member(self, index: int, info: tarfile.TarInfo) -> Member:
        parts = _safe_parts(self.file, info.name)
        if info.issparse() or info.size < 0 or not (info.isreg() or info.isdir()):
            raise _special(self.file, info.name, f"one of type {info.type!r}")
        return Member(info.name, parts, 0 if info.isdir() else info.size, info.isdir(), index)

    def _require_end(self, end: int) -> None:
        """The block of zeros that ends a tar: tarfile takes a damaged header for the end."""
        with self.file.open("rb") as stream:
            stream.seek(end)
            block = stream.read(_BLOCK)
        if block != bytes(_BLOCK):
            raise tarfile.ReadError(f"no end of the archive at byte {end:,}")


def _safe_parts(file: Path, name: str) -> tuple[str, ...]:
    """The parts of a name that stays inside of a folder, whatever the system."""
    parts = PurePosixPath(name).parts
    if not name or not name.isprintable():
        problem = "a name that no file should have"
    elif name.startswith("/") or "\\" in name or ":" in name:
        problem = "a path that may be absolute"
    elif ".." in parts:
        problem = "a path that climbs out"
    else:
        return parts
    place = ascii(name)[1:-1]
    raise DataError(file, place, "names inside of the archive's folder", problem, _FIX)


def _check_count(file: Path, count: int, max_files: int) -> None:
    if count > max_files:
        raise DataError(file, "", f"at most {max_files:,} files", "more: a bomb?", _FIX)


def _damaged(file: Path, error: Exception) -> DataError:
    got = f"a damaged one ({str(error) or type(error).__name__})"
    return DataError(file, "", f"a whole {file.suffix} archive", got, _FIX)


def _special(file: Path, name: str, got: str) -> DataError:
    return DataError(file, shown(name), "plain files and folders only", got, _FIX)
