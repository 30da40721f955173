"""Label orders."""

import pytest
import torch

from cnn_rnn.ordering import is_fixed, label_order

NAMES = ["dog", "cat", "emu", "ant"]
COUNTS = torch.tensor([5, 9, 5, 1])


def test_frequency_puts_the_most_frequent_first_and_ties_by_id() -> None:
    assert label_order("frequency", NAMES, COUNTS).tolist() == [1, 0, 2, 3]


def test_rare_first_puts_the_rarest_first_and_ties_by_id() -> None:
    assert label_order("rare_first", NAMES, COUNTS).tolist() == [3, 0, 2, 1]


def test_alphabetical_goes_by_name() -> None:
    assert label_order("alphabetical", NAMES, COUNTS).tolist() == [3, 1, 0, 2]


def test_random_is_one_permutation_for_each_seed() -> None:
    names = [str(label) for label in range(50)]
    counts = torch.ones(50, dtype=torch.int64)
    first = label_order("random", names, counts, seed=1)
    assert sorted(first.tolist()) == list(range(50))
    assert torch.equal(first, label_order("random", names, counts, seed=1))
    assert not torch.equal(first, label_order("random", names, counts, seed=2))


def test_unknown_orders_and_wrong_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown order"):
        label_order("easiest", NAMES, COUNTS)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="no fixed order"):
        label_order("easiest_first", NAMES, COUNTS)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="4 names"):
        label_order("frequency", NAMES, COUNTS[:2])


def test_orders_that_move_are_told_from_fixed_ones() -> None:
    assert is_fixed("random")
    assert not is_fixed("random_per_batch")
    assert not is_fixed("predicted_label")
