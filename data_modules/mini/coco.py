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
import os
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from data_modules.mini.annotations import Annotation
from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.drawing import draw_scene
from data_modules.mini.processes import in_order
from data_modules.mini.sampling import stream
from data_modules.mini.written_once import Recipe, ensure_folder

# Raised whenever a pixel or a label of any scene changes.
GENERATOR_VERSION = 1
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

    Safe for several processes at once, and after a kill at any moment (`written_once`).

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
    recipe = Recipe(
        "coco",
        "mini-COCO (about 45 MB)",
        parameters,
        lambda folder: _write(folder, parameters, progress, num_processes),
        _measure,
    )
    return ensure_folder(root, recipe)


def draw(seed: int, split: str, index: int, image_size: int) -> tuple[Any, list[Annotation], int]:
    """One scene: its picture (PIL), its annotations, and the quality of its JPEG file."""
    drawn = draw_scene(stream(seed, split, index), image_size)
    return drawn.picture, drawn.annotations, drawn.quality


def _write(
    folder: Path, parameters: dict[str, int], progress: bool, num_processes: int | None
) -> None:
    """Draws everything into an empty folder."""
    counts = {"train2014": parameters["num_train"], "val2014": parameters["num_val"]}
    jobs = []
    for split, count in counts.items():
        (folder / split).mkdir()
        for start in range(0, count, _SCENES_A_JOB):
            stop = min(start + _SCENES_A_JOB, count)
            size = parameters["image_size"]
            jobs.append(_Job(str(folder), parameters["seed"], split, start, stop, size))
    drawn: dict[str, list[list[Annotation]]] = {split: [] for split in counts}
    with tqdm(
        total=sum(counts.values()), desc="mini-COCO", unit="scene", disable=not progress
    ) as bar:
        for job, found in zip(jobs, in_order(_draw_job, jobs, num_processes), strict=True):
            drawn[job.split] += found
            bar.update(len(found))
    (folder / "annotations").mkdir()
    for split, found in drawn.items():
        content = json.dumps(_instances(split, found, parameters["image_size"]))
        _annotation_file(folder, split).write_text(content, encoding="utf-8")


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


def _measure(folder: Path) -> dict[str, Any]:
    """Hashes of the annotations, number and bytes of the pictures."""
    measured: dict[str, Any] = {}
    for split in FIRST_ID:
        content = _annotation_file(folder, split).read_bytes()
        sizes = [entry.stat().st_size for entry in os.scandir(folder / split)]
        measured[split] = {
            "annotations": hashlib.sha256(content).hexdigest(),
            "pictures": len(sizes),
            "bytes": sum(sizes),
        }
    return measured
