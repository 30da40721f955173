"""A file from the network: verified before it gets its name, from whichever address has it."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from data_modules.download.part_file import PartFile
from data_modules.download.transfer import AddressError, Patience, progress_bar, transfer
from data_modules.errors import DataError

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20


def fetch(
    urls: Sequence[str],
    target: Path,
    size: int | None = None,
    sha256: str | None = None,
    patience: Patience | None = None,
) -> str:
    """Downloads a file, unless it is there already; `<target>.sha256` is written beside it.

    Args:
        urls: addresses of the same bytes, in the order to try.
        target: the file to write.
        size: bytes it must have, where known.
        sha256: 64 lower-case hexadecimal digits it must have, where known.
        patience: of connections; None takes the defaults of `Patience`.

    Returns:
        Its sha256.

    Raises:
        DataError: no address gave the file, or the file that is there already is another one.
        OSError: the disk is full.
    """
    if target.exists():
        return _check_present(target, size, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = PartFile(target)
    problems = []
    for url in urls:
        try:
            digest = _fetch_verified(url, part, size, sha256, patience or Patience())
        except AddressError as problem:
            logger.warning("%s: %s", url, problem)
            problems.append(f"{problem} from {url}")
            continue
        _write_digest(target, digest)
        part.finish(target)
        return digest
    expected = "a download" if size is None else f"a download of {size:,} bytes"
    fix = "check the connection and run the command again"
    if part.length:
        fix += f" ({part.path.name} is kept: it goes on from there)"
    fix += "; or get the file by other means and put it there under this name"
    raise DataError(target, "", expected, " and ".join(problems), fix)


def hash_file(path: Path) -> str:
    """The sha256 of a file, with a progress bar."""
    digest = hashlib.sha256()
    title = f"Verifying {path.name.removesuffix('.part')}"
    with path.open("rb") as stream, progress_bar(title, path.stat().st_size) as bar:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            bar.update(len(chunk))
    return digest.hexdigest()


def _fetch_verified(
    url: str, part: PartFile, size: int | None, sha256: str | None, patience: Patience
) -> str:
    """The sha256 of the whole part file; bytes of an earlier run get a second chance."""
    resumed = part.length > 0
    transfer(url, part, size, patience)
    digest = hash_file(part.path)
    if sha256 in (None, digest):
        return digest
    part.discard()
    if not resumed:
        raise AddressError(f"other bytes (their sha256 is {digest}, not {sha256})")
    logger.warning("%s: what was there of it is damaged; starting again", part.name)
    return _fetch_verified(url, part, size, sha256, patience)


def _check_present(target: Path, size: int | None, sha256: str | None) -> str:
    fix = "it is damaged, not whole, or another edition: delete it and run the command again"
    got = target.stat().st_size
    if size is not None and got != size:
        raise DataError(target, "", f"{size:,} bytes", f"{got:,}", fix)
    digest = hash_file(target)
    if sha256 not in (None, digest):
        raise DataError(target, "", f"the sha256 {sha256}", digest, fix)
    _write_digest(target, digest)
    return digest


def _write_digest(target: Path, digest: str) -> None:
    """Records the sha256 in the form that `sha256sum --check` reads."""
    beside = target.with_name(f"{target.name}.sha256")
    beside.write_text(f"{digest}  {target.name}\n", encoding="utf-8")
