import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding import Paths
from cnn_rnn.metrics.functional import as_decoded, exactly_k, first_k


@pytest.fixture
def paths() -> Paths:
    """Two beams of three images: a long best path, a short one, and none at all."""
    label_ids = torch.tensor(
        [
            [[4, 0, 2, 1], [3, -1, -1, -1]],
            [[3, -1, -1, -1], [0, 1, 2, 4]],
            [[-1, -1, -1, -1], [-1, -1, -1, -1]],
        ]
    )
    return Paths(label_ids, (label_ids >= 0).sum(dim=2), torch.tensor([[-1.0, -2.0]]).expand(3, 2))


def sets(decisions: Tensor) -> list[set[int]]:
    return [set(row.nonzero().flatten().tolist()) for row in decisions]


def test_as_decoded_takes_the_whole_best_path(paths: Paths) -> None:
    decisions = as_decoded(paths, 6)

    assert decisions.shape == (3, 6)
    assert decisions.dtype == torch.bool
    assert sets(decisions) == [{0, 1, 2, 4}, {3}, set()]


def test_first_k_cuts_in_path_order(paths: Paths) -> None:
    assert sets(first_k(paths, 2, 6)) == [{0, 4}, {3}, set()]


def test_first_k_leaves_short_paths_short(paths: Paths) -> None:
    assert first_k(paths, 3, 6).sum(dim=1).tolist() == [3, 1, 0]


def test_first_k_beyond_the_longest_path_is_as_decoded(paths: Paths) -> None:
    assert torch.equal(first_k(paths, 9, 6), as_decoded(paths, 6))


def test_label_ids_alone_are_the_same_with_and_without_the_beam_axis(paths: Paths) -> None:
    expected = first_k(paths, 2, 6)

    assert torch.equal(first_k(paths.label_ids, 2, 6), expected)
    assert torch.equal(first_k(paths.label_ids[:, 0], 2, 6), expected)


def test_without_num_labels_the_result_is_as_wide_as_the_largest_id(paths: Paths) -> None:
    assert as_decoded(paths).shape == (3, 5)
    assert first_k(paths.label_ids[1:2], 1).shape == (1, 4)


def test_paths_of_length_0_decide_nothing() -> None:
    label_ids = torch.zeros(2, 3, 0, dtype=torch.int64)

    assert as_decoded(label_ids, 4).tolist() == [[False] * 4] * 2
    assert as_decoded(label_ids).shape == (2, 0)


def test_no_image_gives_no_decision() -> None:
    assert as_decoded(torch.zeros(0, 3, 2, dtype=torch.int64), 4).shape == (0, 4)


def test_a_path_of_k_labels_decides_as_exactly_k_of_its_ranking() -> None:
    label_ids = torch.tensor([[2, 0, 3]])
    scores = torch.tensor([[0.4, 0.0, 0.5, 0.3, 0.1]])

    assert torch.equal(first_k(label_ids, 3, 5), exactly_k(scores, 3))


@pytest.mark.parametrize(
    ("label_ids", "message"),
    [
        (torch.tensor([[0, 5]]), "0..4 and padding of -1, got 5"),
        (torch.tensor([[0, -2]]), "got -2"),
        (torch.tensor([[0.0, 1.0]]), "torch.int64"),
        (torch.tensor([0, 1]), r"\(B, N, T\) or \(B, T\)"),
        (torch.zeros(2, 0, 3, dtype=torch.int64), "at least one path"),
    ],
)
def test_wrong_paths_are_refused(label_ids: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_decoded(label_ids, 5)


def test_k_below_1_is_refused(paths: Paths) -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        first_k(paths, 0, 6)
