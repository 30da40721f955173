"""mini-COCO: drawn scenes in COCO's own layout, written once and used again (docs/protocols.md).

    <root>/coco-<digest>/train2014/COCO_train2014_000000000001.jpg ...
    <root>/coco-<digest>/val2014/COCO_val2014_000000500001.jpg ...
    <root>/coco-<digest>/annotations/instances_train2014.json, instances_val2014.json
    <root>/coco-<digest>/mini.json      what was written; written last

The digest is that of the parameters and the generator's version, so that other parameters are
another folder and a folder never changes once it is there.
"""

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import filelock
from tqdm import tqdm

from data_modules.errors import DataError
from data_modules.mini.annotations import Annotation, annotate
from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.home import mini_home
from data_modules.mini.painting import finish, paint_scene, to_image
from data_modules.mini.processes import in_order
from data_modules.mini.sampling import sample_scene, stream

logger = logging.getLogger(__name__)

# Raised whenever a pixel or a label of any scene changes.
GENERATOR_VERSION = 1
MANIFEST = "mini.json"
# Image ids differ between the splits, as COCO's do.
FIRST_ID = {"train2014": 1, "val2014": 500_001}
_SCENES_A_JOB = 50


class _Job(NamedTuple):
    folder: str
    seed: int
    split: str
    start: int
    stop: int
    image_size: int


def ensure_mini_coco(
    root: str | Path | None = None,
    *,
    seed: int = 0,
    num_train: int = 6000,
    num_val: int = 2000,
    image_size: int = 96,
    progress: bool = True,
    num_processes: int | None = None,
) -> Path:
    """The folder of mini-COCO; the scenes are drawn where they are not there yet.

    Safe for several processes at once (the second waits), and after a kill at any moment: a
    folder appears under its name only when it is whole, and one from which files were lost is
    drawn again.

    Args:
        root: folder for the data set's folder, or the data set's folder itself; None is `mini`
            under `$CNN_RNN_HOME` or the user's cache folder.
        seed: of the scenes.
        num_train: scenes in train2014, 1..500,000.
        num_val: scenes in val2014, at least 1.
        image_size: side in pixels, at least 32.
        progress: whether to show a progress bar.
        num_processes: that draw; None is one a core. The files do not depend on it.
    Returns:
        The folder that holds `train2014`, `val2014` and `annotations`.
    Raises:
        ValueError: a number outside its range.
        DataError: the folder cannot be written, or the disk is full.
    """
    if not 1 <= num_train < FIRST_ID["val2014"] or num_val < 1 or image_size < 32:
        raise ValueError(
            f"expected num_train in 1..500000, num_val >= 1 and image_size >= 32, "
            f"got {num_train}, {num_val} and {image_size}"
        )
    parameters = {
        "generator": GENERATOR_VERSION,
        "seed": seed,
        "num_train": num_train,
        "num_val": num_val,
        "image_size": image_size,
    }
    base = mini_home() if root is None else Path(root).expanduser()
    if _is_whole(base, parameters):
        return base
    digest = hashlib.sha256(json.dumps(parameters).encode()).hexdigest()[:10]
    folder = base / f"coco-{digest}"
    if _is_whole(folder, parameters):
        return folder
    try:
        base.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(base / f".coco-{digest}.lock"):
            if not _is_whole(folder, parameters):
                _write(folder, parameters, progress, num_processes)
    except OSError as error:
        raise DataError(
            base,
            "",
            "a folder to draw mini-COCO into (about 45 MB)",
            str(error),
            "give another root, or set CNN_RNN_HOME to a folder that can be written",
        ) from error
    return folder


def draw(seed: int, split: str, index: int, image_size: int) -> tuple[Any, list[Annotation], int]:
    """One scene: its picture (PIL), its annotations, and the quality of its JPEG file."""
    rng = stream(seed, split, index)
    scene = sample_scene(rng)
    canvas, covered = paint_scene(scene, image_size)
    picture = to_image(finish(canvas, rng))
    return picture, annotate(scene, canvas, covered), rng.randint(74, 93)


def _write(
    folder: Path, parameters: dict[str, int], progress: bool, num_processes: int | None
) -> None:
    """Draws everything into a neighbouring folder and renames it; the lock is held."""
    if folder.exists():
        logger.warning("%s is not whole: it is drawn again", folder)
        shutil.rmtree(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by a process that was killed
    counts = {"train2014": parameters["num_train"], "val2014": parameters["num_val"]}
    logger.info("drawing mini-COCO into %s: %d scenes, once", folder, sum(counts.values()))
    jobs = []
    for split, count in counts.items():
        (partial / split).mkdir(parents=True)
        for start in range(0, count, _SCENES_A_JOB):
            stop = min(start + _SCENES_A_JOB, count)
            size = parameters["image_size"]
            jobs.append(_Job(str(partial), parameters["seed"], split, start, stop, size))
    drawn: dict[str, list[list[Annotation]]] = {split: [] for split in counts}
    try:
        with tqdm(
            total=sum(counts.values()), desc="mini-COCO", unit="scene", disable=not progress
        ) as bar:
            for job, found in zip(jobs, in_order(_draw_job, jobs, num_processes), strict=True):
                drawn[job.split] += found
                bar.update(len(found))
        (partial / "annotations").mkdir()
        for split, found in drawn.items():
            content = json.dumps(_instances(split, found, parameters["image_size"]))
            _annotation_file(partial, split).write_text(content, encoding="utf-8")
        manifest = {"parameters": parameters, "files": _measure(partial, list(counts))}
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _draw_job(job: _Job) -> list[list[Annotation]]:
    """Writes the pictures of a job; returns the annotations of each."""
    found = []
    for index in range(job.start, job.stop):
        picture, annotations, quality = draw(job.seed, job.split, index, job.image_size)
        picture.save(Path(job.folder) / job.split / file_name(job.split, index), quality=quality)
        found.append(annotations)
    return found


def file_name(split: str, index: int) -> str:
    """COCO's name of the picture of scene `index`."""
    return f"COCO_{split}_{FIRST_ID[split] + index:012d}.jpg"


def _annotation_file(folder: Path, split: str) -> Path:
    return folder / "annotations" / f"instances_{split}.json"


def _instances(split: str, drawn: list[list[Annotation]], image_size: int) -> dict[str, Any]:
    """The content of `instances_<split>.json`."""
    first = FIRST_ID[split]
    return {
        "info": {
            "description": "mini-COCO: scenes drawn by the cnn-rnn project; not photographs",
            "version": str(GENERATOR_VERSION),
            "contributor": "cnn-rnn",
        },
        "licenses": [{"id": 1, "name": "MIT License", "url": "https://opensource.org/license/mit"}],
        "images": [
            {
                "id": first + index,
                "file_name": file_name(split, index),
                "width": image_size,
                "height": image_size,
                "license": 1,
            }
            for index in range(len(drawn))
        ],
        "annotations": [
            {"id": (first + index) * 100 + place, "image_id": first + index, **annotation}
            for index, annotations in enumerate(drawn)
            for place, annotation in enumerate(annotations)
        ],
        "categories": [
            {"id": kind.id, "name": kind.name, "supercategory": kind.supercategory}
            for kind in sorted(CATEGORIES, key=lambda kind: kind.id)
        ],
    }


def _measure(folder: Path, splits: list[str]) -> dict[str, Any]:
    """What `_is_whole` compares: hashes of the annotations, number and bytes of the pictures."""
    measured: dict[str, Any] = {}
    for split in splits:
        content = _annotation_file(folder, split).read_bytes()
        sizes = [entry.stat().st_size for entry in os.scandir(folder / split)]
        measured[split] = {
            "annotations": hashlib.sha256(content).hexdigest(),
            "pictures": len(sizes),
            "bytes": sum(sizes),
        }
    return measured


def _is_whole(folder: Path, parameters: dict[str, int]) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(
            manifest["parameters"] == parameters
            and manifest["files"] == _measure(folder, list(FIRST_ID))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
