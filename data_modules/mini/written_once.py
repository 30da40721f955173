"""A folder that is written once: whole or not at all, by one process at a time, used ever after.

Its name ends in a digest of the parameters of its content, so that other parameters are another
folder and a folder never changes once it is there.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import filelock

from data_modules.errors import DataError
from data_modules.mini.home import mini_home

logger = logging.getLogger(__name__)

MANIFEST = "mini.json"  # what was written; written last


class Recipe(NamedTuple):
    """How a folder comes about, and how a whole one is told.

    Attributes:
        kind: first part of the folder's name.
        title: for messages, with the space it takes.
        parameters: all that the content depends on.
        fill: writes everything into an empty folder.
        measure: what is compared with the manifest, in JSON's types.
    """

    kind: str
    title: str
    parameters: Mapping[str, int]
    fill: Callable[[Path], None]
    measure: Callable[[Path], Mapping[str, Any]]


def ensure_folder(root: str | Path | None, recipe: Recipe) -> Path:
    """The folder of a recipe, filled where it is not there yet.

    Safe for several processes at once (the second waits), and after a kill at any moment: a
    folder appears under its name only when it is whole, and one from which files were lost is
    written again.

    Args:
        root: folder for the folder, or the folder itself; None is `mini` under `$CNN_RNN_HOME` or
            the user's cache folder.
        recipe: what to write.

    Raises:
        DataError: the folder cannot be written, or the disk is full.
    """
    base = mini_home() if root is None else Path(root).expanduser()
    if _is_whole(base, recipe):
        return base
    digest = hashlib.sha256(json.dumps(recipe.parameters).encode()).hexdigest()[:10]
    folder = base / f"{recipe.kind}-{digest}"
    if _is_whole(folder, recipe):
        return folder
    try:
        base.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(base / f".{folder.name}.lock"):
            if not _is_whole(folder, recipe):
                _write(folder, recipe)
    except OSError as error:
        raise DataError(
            base,
            "",
            f"a folder to draw {recipe.title} into",
            str(error),
            "give another root, or set CNN_RNN_HOME to a folder that can be written",
        ) from error
    return folder


def measure_tree(folder: Path) -> dict[str, Any]:
    """A hash of all texts below a folder but the manifest, and number and bytes of its JPEGs."""
    texts, pictures = hashlib.sha256(), []
    for file in sorted(folder.rglob("*.*")):
        if file.suffix == ".jpg":
            pictures.append(file.stat().st_size)
        elif file.is_file() and file.name != MANIFEST:
            texts.update(f"{file.relative_to(folder)}\n".encode())
            texts.update(file.read_bytes())
    return {"texts": texts.hexdigest(), "pictures": len(pictures), "bytes": sum(pictures)}


def _write(folder: Path, recipe: Recipe) -> None:
    """Fills a neighbouring folder and renames it; the lock is held."""
    if folder.exists():
        logger.warning("%s is not whole: it is drawn again", folder)
        shutil.rmtree(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by a process that was killed
    logger.info("drawing %s into %s, once", recipe.title, folder)
    partial.mkdir()
    try:
        recipe.fill(partial)
        manifest = {"parameters": recipe.parameters, "files": recipe.measure(partial)}
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _is_whole(folder: Path, recipe: Recipe) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(
            manifest["parameters"] == recipe.parameters
            and manifest["files"] == recipe.measure(folder)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
