import numpy as np
import torch

from benchmarks.object_size import bin_names, bin_of, size_shares
from data_modules.records import ImageBoxes


def _image(labels: list[int], boxes: list[list[float]], width: int, height: int) -> ImageBoxes:
    return ImageBoxes(
        torch.tensor(labels, dtype=torch.int64),
        torch.tensor(boxes).reshape(-1, 4),
        torch.zeros(len(labels)),
        width,
        height,
    )


def test_the_largest_box_of_a_label_counts_as_a_share_of_its_image() -> None:
    first = _image([1, 1, 0], [[0, 0, 10, 10], [5, 5, 20, 10], [0, 0, 100, 50]], 100, 50)
    shares = size_shares([first, _image([], [], 10, 10)], 3)
    assert shares[0, :2].tolist() == [1.0, 0.04]
    assert np.isnan(shares[0, 2])
    assert np.isnan(shares[1]).all()


def test_a_box_that_sticks_out_is_no_larger_than_its_image() -> None:
    assert size_shares([_image([0], [[-5, -5, 30, 30]], 20, 20)], 1).tolist() == [[1.0]]


def test_no_images_give_no_rows() -> None:
    assert size_shares([], 4).shape == (0, 4)


def test_bins_are_closed_below_and_open_above() -> None:
    shares = np.array([0.0, 0.0099, 0.01, 0.1599, 0.16, 1.0, np.nan])
    assert bin_of(shares, [0.01, 0.04, 0.16]).tolist() == [0, 0, 1, 2, 3, 3, -1]


def test_bins_are_named_in_percent() -> None:
    assert bin_names([0.01, 0.04, 0.16]) == ["< 1%", "1% to 4%", "4% to 16%", ">= 16%"]
    assert bin_names([0.125]) == ["< 12.5%", ">= 12.5%"]
