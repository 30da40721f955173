"""The rules by which example images are chosen."""

import numpy as np
import pytest

from benchmarks import example_choice

TARGET = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 1, 1]], dtype=bool)
DECISIONS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0], [0, 1, 1]], dtype=bool)


def test_f1_of_an_image_by_hand() -> None:
    found = example_choice.image_f1(DECISIONS, TARGET)
    assert found.tolist() == pytest.approx([2 / 3, 1, 1, 0, 1])
    nothing = np.zeros((1, 3), dtype=bool)
    assert example_choice.image_f1(nothing, nothing).tolist() == [0]


def test_from_best_to_worst_takes_both_ends_and_only_images_with_two_labels() -> None:
    assert example_choice.from_best_to_worst(DECISIONS, TARGET, 9) == [2, 4, 0, 3]
    assert example_choice.from_best_to_worst(DECISIONS, TARGET, 2) == [2, 3]


def test_the_first_two_labels_have_to_be_right() -> None:
    paths = np.array([[0, 1], [0, -1], [1, 0], [2, 1], [-1, -1]], dtype=np.int16)
    found, words = example_choice.first_two_right(paths, TARGET, 4)
    assert found == [0, 3]
    assert words.endswith("are right")


def test_where_no_pair_is_right_any_pair_is_shown_and_said() -> None:
    paths = np.array([[2, 1], [0, -1], [0, 1], [-1, -1], [-1, -1]], dtype=np.int16)
    found, words = example_choice.first_two_right(paths, TARGET, 4)
    assert found == [0, 2]
    assert "of none are both right" in words
    assert example_choice.first_two_right(paths[:, :1], TARGET, 4)[0] == []


def test_images_are_taken_at_equal_distances() -> None:
    assert example_choice.evenly(range(10, 110), 4) == [10, 43, 76, 109]
    assert example_choice.evenly([3, 1], 4) == [3, 1]
    assert example_choice.with_labels(TARGET, 2, 2) == [0, 4]
