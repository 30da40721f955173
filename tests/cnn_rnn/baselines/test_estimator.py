"""What holds for every estimator."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from cnn_rnn.baselines import (
    DualViewReconstruction,
    FeatureEstimator,
    KNearestNeighbors,
    LinearSVM,
    MetricLearningNeighbors,
)

ESTIMATORS: list[Callable[[], FeatureEstimator]] = [
    DualViewReconstruction,
    KNearestNeighbors,
    LinearSVM,
    MetricLearningNeighbors,
]

every_estimator = pytest.mark.parametrize("make", ESTIMATORS)


@every_estimator
def test_scores_are_finite_float32_one_row_an_image(
    make: Callable[[], FeatureEstimator], data: Any
) -> None:
    estimator = make()
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    scores = estimator.scores(data.test_features)
    assert scores.shape == data.test_target.shape
    assert scores.dtype == torch.float32
    assert scores.isfinite().all()
    assert not scores.requires_grad
    assert estimator.scores(data.test_features[:0]).shape == (0, 5)


@every_estimator
def test_scores_do_not_depend_on_the_batch(make: Callable[[], FeatureEstimator], data: Any) -> None:
    estimator = make()
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    whole = estimator.scores(data.test_features)
    parts = torch.cat([estimator.scores(part) for part in data.test_features.split(33)])
    torch.testing.assert_close(whole, parts, rtol=1e-4, atol=1e-5)


@every_estimator
def test_the_same_seed_gives_the_same_scores(
    make: Callable[[], FeatureEstimator], data: Any
) -> None:
    first, second = make(), make()
    first.fit(data.features, data.target, data.ignored, seed=3)
    torch.rand(7)  # the global generator plays no part
    second.fit(data.features, data.target, data.ignored, seed=4)
    second.fit(data.features, data.target, data.ignored, seed=3)
    assert torch.equal(first.scores(data.test_features), second.scores(data.test_features))


@every_estimator
def test_fitting_neither_writes_to_the_data_nor_moves_the_global_generator(
    make: Callable[[], FeatureEstimator], data: Any
) -> None:
    before = [tensor.clone() for tensor in data]
    state = torch.get_rng_state()
    estimator = make()
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    estimator.scores(data.test_features)
    assert all(torch.equal(old, new) for old, new in zip(before, data, strict=True))
    assert torch.equal(state, torch.get_rng_state())


@every_estimator
def test_the_target_of_an_ignored_label_plays_no_part(
    make: Callable[[], FeatureEstimator], data: Any
) -> None:
    given, flipped = make(), make()
    given.fit(data.features, data.target, data.ignored, seed=0)
    flipped.fit(data.features, data.target ^ data.ignored, data.ignored, seed=0)
    assert torch.equal(given.scores(data.test_features), flipped.scores(data.test_features))


@every_estimator
def test_labels_are_ranked_better_than_by_chance(
    make: Callable[[], FeatureEstimator], data: Any
) -> None:
    estimator = make()
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    scores = estimator.scores(data.test_features)
    for label in range(5):
        present = data.test_target[:, label]
        above = scores[present, label].unsqueeze(1) > scores[~present, label]
        assert above.float().mean() > 0.7


@every_estimator
def test_wrong_training_data_is_named(make: Callable[[], FeatureEstimator], data: Any) -> None:
    features, target, ignored = data.features, data.target, data.ignored
    wrong = [
        ((features[0], target, ignored), r"features must have the shape"),
        ((features.double(), target, ignored), r"features must be float32.*to\(torch.float32\)"),
        ((features / 0, target, ignored), r"features must be finite"),
        ((features[:0], target[:0], ignored[:0]), r"features must hold at least one image"),
        ((features, target.float(), ignored), r"target must be bool"),
        ((features, target[1:], ignored), r"target must have the shape \(N, K\) with N = 240"),
        ((features, target, ignored[:, 1:]), r"ignored must have the shape of target"),
    ]
    for arguments, message in wrong:
        with pytest.raises(ValueError, match=message):
            make().fit(*arguments, seed=0)


@every_estimator
def test_wrong_features_are_named(make: Callable[[], FeatureEstimator], data: Any) -> None:
    estimator = make()
    with pytest.raises(RuntimeError, match="before fit: call"):
        estimator.scores(data.test_features)
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    with pytest.raises(ValueError, match="features must have the 12 columns"):
        estimator.scores(data.test_features[:, 1:])
    with pytest.raises(ValueError, match="features must be finite"):
        estimator.scores(data.test_features * torch.nan)
