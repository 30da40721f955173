"""The low-rank head and its constraint."""

import pytest
import torch

from cnn_rnn.baselines import JointEmbedding


def test_scores_are_a_product_of_two_maps() -> None:
    torch.manual_seed(0)
    head = JointEmbedding(7, 5, embedding_dim=3).eval()
    features = torch.randn(4, 7)
    expected = features @ head.image.weight.T @ head.label.weight.T
    torch.testing.assert_close(head(features), expected)
    assert torch.linalg.matrix_rank(head.label.weight @ head.image.weight) == 3


def test_only_vectors_that_are_too_long_are_shortened() -> None:
    torch.manual_seed(0)
    head = JointEmbedding(7, 5, embedding_dim=3, max_norm=2.0)
    with torch.no_grad():
        head.image.weight.normal_(std=2)
        head.label.weight.normal_(std=2)
    columns, rows = head.image.weight.detach().clone(), head.label.weight.detach().clone()
    head.constrain()
    for before, after in (
        *zip(columns.T, head.image.weight.T, strict=True),
        *zip(rows, head.label.weight, strict=True),
    ):
        torch.testing.assert_close(after, before * min(1.0, 2.0 / float(before.norm())))
    assert (columns.norm(dim=0) > 2).any()
    assert (columns.norm(dim=0) < 2).any()


def test_vectors_start_within_the_bound_and_without_one_stay_as_they_are() -> None:
    torch.manual_seed(0)
    bounded = JointEmbedding(50, 20, embedding_dim=4, max_norm=0.5)
    assert bounded.image.weight.norm(dim=0).max() <= 0.5 + 1e-6
    assert bounded.label.weight.norm(dim=1).max() <= 0.5 + 1e-6
    free = JointEmbedding(50, 20, embedding_dim=4, max_norm=None)
    assert free.image.weight.norm(dim=0).max() > 1


@pytest.mark.parametrize(
    ("embedding_dim", "max_norm", "message"),
    [(0, 1.0, "embedding_dim must be at least 1"), (4, 0.0, "max_norm must be positive")],
)
def test_wrong_arguments_are_named(embedding_dim: int, max_norm: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JointEmbedding(7, 5, embedding_dim, max_norm)
