"""Whether attention lies on the label about to be predicted, where boxes are known (section 4.6).

A model's best path says which labels come first and second. Where such a label is really in the
image, the share of the attention's mass inside its boxes is set against the boxes' share of the
image, which any map reaches that does not look, and against the share of the mean map of all
images, which only knows where things usually are. Both maps are measured on both labels: before
(nothing given) and after conditioning (the first label given).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from benchmarks import resampling
from benchmarks.boxes import coverage
from benchmarks.report import header
from benchmarks.statistics import FloatArray, paired_bootstrap
from benchmarks.trained_models import TrainedModels
from cnn_rnn.attention import attention_maps, is_traced_to_pixels
from cnn_rnn.backbones import Backbone
from cnn_rnn.network import CNNRNN
from data_modules.dataset import MultiLabelDataset
from data_modules.records import ImageBoxes

FORMAT = 1
ROW = "cnn_rnn"  # of the table
MOST_IMAGES = 2000  # of the test split, its first: bounds the time on real data. Our choice
IMAGES_AT_ONCE = 64
RESAMPLES = 2000
LEVEL = 0.95
LABELS = ("first", "second")  # on the best path
GIVEN = ("nothing", "first")  # labels given to the network: none, or the first
ABOUT_TO_BE_PREDICTED = (("first", "nothing"), ("second", "first"))


class Shares(NamedTuple):
    """Of B images, for each label of `LABELS`; NaN where it is not on the path or not in the image.

    Attributes:
        mass: (2, 2, B), by label and by what is given: the share of the attention in its boxes.
        mean_map: the same of the mean of all images' maps.
        area: (2, B), the share of the image in its boxes.
    """

    mass: FloatArray
    mean_map: FloatArray
    area: FloatArray


def build(
    models: TrainedModels, description: str, tell: Callable[[str], None] = lambda word: None
) -> dict[str, Any]:
    """The report of the study, over the runs of the CNN-RNN row.

    Args:
        models: with a finished run of the row.
        description: what was read of the data.
        tell: is told how far it is.
    """
    records, count = models.records(ROW), min(MOST_IMAGES, len(models.test_images))
    found = [
        shares_of(
            models.backbone,
            models.network(record),
            models.test_images,
            models.boxes,
            arrays.best_path[:count],
            _of_seed(record["seed"], tell),
        )
        for record, arrays in zip(records, models.arrays(ROW), strict=True)
    ]
    return {
        "format": FORMAT,
        "title": "Attention on the label about to be predicted",
        **header(models.result, description),
        "model": models.row(ROW).name,
        "method": "the deconvnet through the VGG"
        if is_traced_to_pixels(models.backbone)
        else "Grad-CAM at the last convolutional map",
        "runs": [record["key"] for record in records],
        "images": count,
        "resamples": RESAMPLES,
        "level": LEVEL,
        **summarise(found),
    }


def _of_seed(seed: int, tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tells the same, and whose network it is about."""
    return lambda word: tell(f"seed {seed}, {word}")


def steps(models: TrainedModels) -> int:
    """How often `build` tells how far it is."""
    count = min(MOST_IMAGES, len(models.test_images))
    return len(models.records(ROW)) * -(-count // IMAGES_AT_ONCE)


def shares_of(
    backbone: Backbone,
    network: CNNRNN,
    images: MultiLabelDataset,
    boxes: Sequence[ImageBoxes],
    best_path: npt.NDArray[np.integer[Any]],
    tell: Callable[[str], None] = lambda word: None,
) -> Shares:
    """What one trained model attends to.

    Args:
        backbone: in evaluation mode.
        network: of its features, in evaluation mode.
        images: B images, stretched to squares.
        boxes: of the B images.
        best_path: (B, T) label ids, padded with -1: what the network decoded.
        tell: is told how far it is.
    """
    count = len(best_path)
    first_two = np.full((count, len(LABELS)), -1, dtype=np.int64)
    first_two[:, : best_path.shape[1]] = best_path[:, : len(LABELS)]
    mass = np.full((len(LABELS), len(GIVEN), count), np.nan)
    mean_mass, area = np.full_like(mass, np.nan), np.full((len(LABELS), count), np.nan)
    total: FloatArray = np.zeros(())
    for start in range(0, count, IMAGES_AT_ONCE):
        tell(f"image {start + 1} of {count}")
        rows = range(start, min(start + IMAGES_AT_ONCE, count))
        pixels = torch.stack([images[row]["image"] for row in rows])
        given = torch.from_numpy(first_two[rows.start : rows.stop, :1])
        maps = as_shares(attention_maps(backbone, network, pixels, given).double().numpy())
        total = total + maps.sum(axis=0)
        for row, of_image in zip(rows, maps, strict=True):
            for label, covered in _covered(boxes[row], first_two[row], maps.shape[2:]):
                mass[label, :, row] = (of_image * covered).sum(axis=(1, 2))
                area[label, row] = covered.mean()
    mean_map = as_shares(total)
    for row in range(count):
        for label, covered in _covered(boxes[row], first_two[row], mean_map.shape[1:]):
            mean_mass[label, :, row] = (mean_map * covered).sum(axis=(1, 2))
    return Shares(mass, mean_mass, area)


def as_shares(maps: FloatArray) -> FloatArray:
    """Maps (..., H, W) that each sum to 1; one that is 0 everywhere looks nowhere: all the same."""
    total = maps.sum(axis=(-2, -1), keepdims=True)
    even = np.full_like(maps, 1 / (maps.shape[-2] * maps.shape[-1]))
    shares: FloatArray = np.divide(maps, total, out=even, where=total > 0)
    return shares


def summarise(found: Sequence[Shares], resamples: int = RESAMPLES) -> dict[str, Any]:
    """Means and bootstrap intervals over images, of the means over the runs' seeds.

    Args:
        found: of each seed's run, on the same B images.
        resamples: of the bootstrap.
    Returns:
        `on_label`: for each label and what is given, the shares in percent, mass minus area and
        mass minus mean map with intervals, and the images of each seed; `conditioning`: for each
        label, the mass after minus the mass before. A label that some run has on no image is left
        out.
    """
    on_label: list[dict[str, Any]] = []
    conditioning: list[dict[str, Any]] = []
    for label, label_name in enumerate(LABELS):
        images = [int((~np.isnan(one.area[label])).sum()) for one in found]
        if not all(images):  # a run without any has no mean
            continue
        masses = [[one.mass[label, given] for one in found] for given in range(len(GIVEN))]
        areas = [one.area[label] for one in found]
        for given, given_name in enumerate(GIVEN):
            mean_maps = [one.mean_map[label, given] for one in found]
            on_label.append(
                {
                    "label": label_name,
                    "given": given_name,
                    "about_to_be_predicted": (label_name, given_name) in ABOUT_TO_BE_PREDICTED,
                    "images": images,
                    "mass": _mean(masses[given]),
                    "area": _mean(areas),
                    "mean_map": _mean(mean_maps),
                    "mass_minus_area": _difference(masses[given], areas, resamples),
                    "mass_minus_mean_map": _difference(masses[given], mean_maps, resamples),
                }
            )
        before, after = masses
        conditioning.append(
            {
                "label": label_name,
                "images": images,
                "before": _mean(before),
                "after": _mean(after),
                "difference": _difference(after, before, resamples),
            }
        )
    return {"on_label": on_label, "conditioning": conditioning}


def _covered(
    image: ImageBoxes, label_ids: npt.NDArray[np.int64], size: Sequence[int]
) -> list[tuple[int, FloatArray]]:
    """The place in `LABELS` and the coverage of those labels that are in the image."""
    there = set(image.label_ids.tolist())
    return [
        (place, coverage(image, label_id, size[0], size[1]))
        for place, label_id in enumerate(label_ids.tolist())
        if label_id in there
    ]


def _mean(of_seeds: Sequence[FloatArray]) -> float:
    return 100 * float(np.mean([np.nanmean(values) for values in of_seeds]))


def _difference(
    left: Sequence[FloatArray], right: Sequence[FloatArray], resamples: int
) -> Mapping[str, Any]:
    name = "difference"
    measures = [resampling.mean_of_images(a - b, name) for a, b in zip(left, right, strict=True)]
    nothing = resampling.mean_of_images(np.zeros_like(left[0]), name)
    found = paired_bootstrap(measures, [nothing], len(left[0]), resamples, level=LEVEL)[name]
    return {
        "mean": 100 * found.difference,
        "low": 100 * found.low,
        "high": 100 * found.high,
        "shown": found.excludes_zero,
    }
