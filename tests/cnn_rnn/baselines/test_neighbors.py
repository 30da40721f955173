"""Blocks against a full matrix of distances."""

import pytest
import torch

from cnn_rnn.baselines import neighbors
from cnn_rnn.baselines.neighbors import Metric, nearest


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("count", [1, 5, 30])
def test_blocks_give_what_the_whole_matrix_gives(
    metric: Metric, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(1)
    training = torch.randn(101, 9, generator=generator)
    queries = torch.randn(23, 9, generator=generator)
    if metric == "cosine":
        unit = torch.nn.functional.normalize
        whole = 1 - unit(queries.double()) @ unit(training.double()).T
    else:
        whole = torch.cdist(queries.double(), training.double())
    expected, rows = whole.sort(dim=1)
    monkeypatch.setattr(neighbors, "QUERY_CHUNK", 7)
    monkeypatch.setattr(neighbors, "TRAINING_CHUNK", 13)
    monkeypatch.setattr(neighbors, "GATHERED", 100)
    distances, found = nearest(training, queries, count, metric)
    assert torch.equal(found, rows[:, :count])
    torch.testing.assert_close(distances, expected[:, :count].float(), rtol=1e-4, atol=1e-6)


def test_small_distances_between_large_vectors_are_exact() -> None:
    training = torch.full((3, 4), 1000.0) + torch.tensor([[0.0], [1.0], [2.0]]) / 64
    distances, rows = nearest(training, training[:1], 3, "euclidean")
    assert rows.tolist() == [[0, 1, 2]]
    assert distances.tolist() == [[0.0, 1 / 32, 1 / 16]]


def test_a_vector_of_zeros_is_one_away_from_all() -> None:
    distances, _ = nearest(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), torch.zeros(1, 2), 2, "cosine")
    assert distances.tolist() == [[1.0, 1.0]]
