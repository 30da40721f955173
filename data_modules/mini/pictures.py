"""Pictures of one object each: what the mini VGG16 is pre-trained on, as ImageNet is for VGG16.

They share the drawings with the scenes of mini-COCO, and nothing else: their seeds are of another
kind, and no scene, no label and no label statistic of mini-COCO enters.
"""

import math
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_modules.mini import clutter
from data_modules.mini.catalogue import CATEGORIES, Category
from data_modules.mini.painting import finish
from data_modules.mini.pen import Canvas
from data_modules.mini.processes import in_order
from data_modules.mini.sampling import SCENE_TYPES, stream

# The longer side of the object as a fraction of the frame.
SMALLEST, LARGEST = 0.2, 0.95
_PICTURES_A_JOB = 100

CLASS_NAMES: tuple[str, ...] = tuple(kind.name for kind in CATEGORIES)


class _Job(NamedTuple):
    seed: int
    start: int
    stop: int
    image_size: int


def single_object_picture(
    seed: int, index: int, image_size: int = 96
) -> tuple[npt.NDArray[np.uint8], int]:
    """One object of a random category, anywhere, at any size, on any background, among clutter.

    Args:
        seed: of the set of pictures.
        index: of the picture.
        image_size: side in pixels.
    Returns:
        (image_size, image_size, 3) uint8, and the index of its category in `CLASS_NAMES`.
    """
    rng = stream("single object", seed, index)
    label = rng.randrange(len(CATEGORIES))
    return draw_single(CATEGORIES[label], rng, image_size), label


def draw_single(kind: Category, rng: Random, image_size: int = 96) -> npt.NDArray[np.uint8]:
    """A picture of one object of a given category: (image_size, image_size, 3) uint8."""
    canvas = Canvas(image_size)
    scene = SCENE_TYPES[rng.randrange(len(SCENE_TYPES))]
    scene.background(canvas.pen(), rng)
    _scatter(canvas, rng, rng.randrange(4))
    longest = SMALLEST * math.exp(rng.random() * math.log(LARGEST / SMALLEST))
    scale = longest / max(kind.width, kind.height)
    width = kind.width * scale * rng.uniform(0.88, 1.12)
    height = kind.height * scale * rng.uniform(0.88, 1.12)
    # Up to a tenth of the object may lie outside the frame.
    left = rng.uniform(-0.1 * width, 1 - 0.9 * width)
    top = rng.uniform(-0.1 * height, 1 - 0.9 * height)
    angle = rng.uniform(-0.35, 0.35) if rng.random() < 0.5 else 0.0
    if max(kind.width, kind.height) < 0.3 and rng.random() < 0.5:
        angle = rng.uniform(-1.6, 1.6)  # small things lie at any angle
    pen = canvas.pen(left, top, width, height, flip=rng.random() < 0.5, angle=angle)
    kind.draw(pen, rng)
    if rng.random() < 0.3:
        _scatter(canvas, rng, 1)
    return finish(canvas, rng)


def single_object_pictures(
    seed: int,
    start: int,
    count: int,
    image_size: int = 96,
    num_processes: int | None = None,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Pictures `start` to `start + count - 1` of a seed, drawn by several processes.

    Args:
        seed: of the set of pictures.
        start: index of the first one.
        count: how many, at least 1.
        image_size: side in pixels.
        num_processes: None is one a core; the pictures do not depend on it.
    Returns:
        (count, image_size, image_size, 3) uint8 and (count,) int64, indices into `CLASS_NAMES`.
    """
    stop = start + count
    jobs = [
        _Job(seed, first, min(first + _PICTURES_A_JOB, stop), image_size)
        for first in range(start, stop, _PICTURES_A_JOB)
    ]
    pictures, labels = zip(*in_order(_draw_job, jobs, num_processes), strict=True)
    return np.concatenate(pictures), np.concatenate(labels)


def _draw_job(job: _Job) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    drawn = [
        single_object_picture(job.seed, index, job.image_size)
        for index in range(job.start, job.stop)
    ]
    return np.stack([picture for picture, _ in drawn]), np.array([label for _, label in drawn])


def _scatter(canvas: Canvas, rng: Random, count: int) -> None:
    """Unlabelled things anywhere."""
    pen = canvas.pen()
    for _ in range(count):
        x, y = rng.random(), rng.uniform(0.3, 1.0)
        what = rng.randrange(5)
        if what == 0:
            clutter.jar(pen, rng, x, y, rng.uniform(0.05, 0.16))
        elif what == 1:
            clutter.tuft(pen, rng, x, y, rng.uniform(0.06, 0.16))
        elif what == 2:
            clutter.stones(pen, rng, 0.5, 1.0, 3)
        elif what == 3:
            clutter.papers(pen, rng, 0.5, 0.95, 2)
        else:
            clutter.painting(pen, rng, x - 0.1, y - 0.3)
