"""Coverage of boxes, by hand."""

import numpy as np
import torch

from benchmarks.boxes import coverage
from data_modules.records import ImageBoxes


def image(*boxes: tuple[int, list[float]], width: int = 8, height: int = 4) -> ImageBoxes:
    return ImageBoxes(
        torch.tensor([label for label, _ in boxes], dtype=torch.int64),
        torch.tensor([box for _, box in boxes], dtype=torch.float32).reshape(-1, 4),
        torch.zeros(len(boxes)),
        width,
        height,
    )


def test_pixels_are_covered_in_part_and_the_whole_is_the_boxes_area() -> None:
    found = coverage(image((1, [0.5, 1, 2, 1.5])), 1, 4, 8)
    expected = np.zeros((4, 8))
    expected[1, :3] = [0.5, 1, 0.5]
    expected[2, :3] = [0.25, 0.5, 0.25]
    np.testing.assert_allclose(found, expected)
    assert found.sum() == 2 * 1.5


def test_boxes_follow_the_image_when_it_is_stretched() -> None:
    found = coverage(image((0, [4, 0, 4, 2])), 0, 16, 16)
    assert found.mean() == 0.25
    assert found[:8, 8:].all()


def test_overlapping_boxes_count_once_and_other_labels_not_at_all() -> None:
    several = image((0, [0, 0, 4, 4]), (0, [2, 0, 4, 4]), (1, [6, 0, 2, 4]))
    assert coverage(several, 0, 4, 8).mean() == 6 / 8
    assert coverage(several, 2, 4, 8).sum() == 0


def test_a_box_that_leaves_the_image_is_cut() -> None:
    assert coverage(image((0, [6, 2, 9, 9])), 0, 4, 8).sum() == 4
