import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import _ranking as ranking
from cnn_rnn.metrics.functional import at_most_k, exactly_k


def plain_exactly_k(scores: Tensor, k: int) -> list[list[bool]]:
    decisions = []
    for row in scores.tolist():
        best = sorted(range(len(row)), key=lambda label: (-row[label], label))[:k]
        decisions.append([label in best for label in range(len(row))])
    return decisions


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("num_images", "num_labels"), [(1, 1), (5, 7), (20, 33)])
def test_exactly_k_takes_the_best_and_of_equals_the_lower_ids(
    num_images: int, num_labels: int, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(num_labels)
    # Few different values: most rows have ties at the cut.
    scores = torch.randint(-3, 3, (num_images, num_labels), generator=generator).to(dtype) / 4
    for k in {1, min(3, num_labels), num_labels}:
        assert exactly_k(scores, k).tolist() == plain_exactly_k(scores, k)


def test_exactly_k_of_equal_scores_takes_the_first_labels_of_a_wide_row() -> None:
    decisions = exactly_k(torch.zeros(2, 5000), 3)

    assert decisions.nonzero().tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_minus_infinity_ranks_last_and_can_still_be_taken() -> None:
    scores = torch.tensor([[-torch.inf, -5.0, -torch.inf, torch.inf]])

    assert exactly_k(scores, 3).tolist() == [[True, True, False, True]]


def test_negative_zero_ties_with_zero() -> None:
    assert exactly_k(torch.tensor([[-0.0, 0.0]]), 1).tolist() == [[True, False]]


def test_integer_scores_rank_too() -> None:
    assert exactly_k(torch.tensor([[1, 3, 2]]), 2).tolist() == [[False, True, True]]


def test_chunks_do_not_change_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = torch.randn(11, 6, generator=torch.Generator().manual_seed(1))
    whole = exactly_k(scores, 2)

    monkeypatch.setattr(ranking, "CHUNK_ELEMENTS", 13)

    assert torch.equal(exactly_k(scores, 2), whole)


def test_no_image_gives_no_decision() -> None:
    assert exactly_k(torch.zeros(0, 4), 2).shape == (0, 4)


def test_at_most_k_needs_more_than_the_threshold() -> None:
    scores = torch.tensor([[0.9, 0.5, 0.6, 0.7], [0.5, 0.4, 0.3, 0.2]])

    assert at_most_k(scores, 3, 0.5).tolist() == [
        [True, False, True, True],
        [False, False, False, False],
    ]


def test_at_most_k_cuts_at_k() -> None:
    assert at_most_k(torch.ones(1, 4), 3, 0.5).tolist() == [[True, True, True, False]]


def test_at_most_k_with_a_low_threshold_is_exactly_k() -> None:
    scores = torch.randn(8, 5, generator=torch.Generator().manual_seed(4))

    assert torch.equal(at_most_k(scores, 2, -100.0), exactly_k(scores, 2))


@pytest.mark.parametrize("k", [0, -1, 5, 2.0, True])
def test_k_outside_1_to_num_labels_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="expected k"):
        exactly_k(torch.zeros(2, 4), k)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (torch.tensor([[0.0, torch.nan]]), r"scores\[0, 1\] is NaN"),
        (torch.zeros(4), "expected scores of shape"),
        (torch.zeros(2, 3, 4), "expected scores of shape"),
        (torch.zeros(2, 4, dtype=torch.bool), "real dtype"),
    ],
)
def test_wrong_scores_are_refused(scores: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exactly_k(scores, 1)


def test_a_threshold_of_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        at_most_k(torch.zeros(2, 4), 1, float("nan"))
