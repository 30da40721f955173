"""Neighbours against scikit-learn."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from cnn_rnn.baselines import KNearestNeighbors
from cnn_rnn.baselines.knn import Weighting
from cnn_rnn.baselines.neighbors import Metric


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("weighting", ["uniform", "distance"])
def test_scores_are_those_of_scikit_learn(metric: Metric, weighting: Weighting, data: Any) -> None:
    # Images of the training set are asked for too: their distance is 0.
    queries = torch.cat([data.test_features, data.features[:5]])
    estimator = KNearestNeighbors(7, metric, weighting, smoothing=0.0)
    estimator.fit(data.features, data.target, torch.zeros_like(data.target), seed=0)
    judge = KNeighborsClassifier(7, weights=weighting, metric=metric, algorithm="brute")
    judge.fit(data.features.double().numpy(), data.target.numpy())
    # Cosine distances of float32 vectors are not 0 to the last bit, so there 0 is not special.
    count = len(queries) if metric == "euclidean" or weighting == "uniform" else 80
    expected = np.stack(
        [label[:, 1] for label in judge.predict_proba(queries[:count].double().numpy())], axis=1
    )
    found = estimator.scores(queries)[:count]
    torch.testing.assert_close(found, torch.from_numpy(expected).float(), rtol=1e-3, atol=1e-5)


def test_a_neighbour_that_ignores_a_label_has_no_vote_on_it() -> None:
    features = torch.tensor([[1.0], [2.0], [3.0]])
    target = torch.tensor([[True, False], [False, False], [True, True]])
    ignored = torch.tensor([[False, True], [False, True], [True, True]])
    estimator = KNearestNeighbors(3, "euclidean", "uniform", smoothing=0.0)
    estimator.fit(features, target, ignored, seed=0)
    assert estimator.scores(torch.tensor([[1.0]])).tolist() == [[0.5, 0.0]]


def test_labels_that_no_neighbour_has_are_ranked_by_frequency() -> None:
    features = torch.tensor([[0.0], [10.0], [11.0], [12.0]])
    target = torch.tensor([[1, 0, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]).bool()
    estimator = KNearestNeighbors(1, "euclidean", smoothing=0.01)
    estimator.fit(features, target, torch.zeros_like(target), seed=0)
    (scores,) = estimator.scores(torch.tensor([[0.5]]))
    assert scores.argsort(descending=True).tolist() == [0, 2, 1]
    torch.testing.assert_close(scores, torch.tensor([1.0025, 0.0025, 0.005]) / 1.01)


def test_fewer_training_images_than_neighbours_all_vote() -> None:
    target = torch.tensor([[True], [False]])
    estimator = KNearestNeighbors(50, weighting="uniform", smoothing=0.0)
    estimator.fit(torch.tensor([[1.0, 0], [0, 1]]), target, torch.zeros_like(target), seed=0)
    assert estimator.scores(torch.tensor([[1.0, 0]])).item() == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"neighbors": 0}, "neighbors must be at least 1"),
        ({"metric": "manhattan"}, "metric must be one of"),
        ({"weighting": "rank"}, "weighting must be one of"),
        ({"smoothing": -1.0}, "smoothing must not be negative"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KNearestNeighbors(**arguments)
