"""The machines against scikit-learn's, fitted directly."""

import logging
from typing import Any

import pytest
import torch
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.svm import LinearSVC

from cnn_rnn.baselines import LinearSVM
from cnn_rnn.baselines.svm import Scaling


@pytest.mark.parametrize("scaling", ["none", "unit", "standard"])
def test_each_class_has_scikit_learns_machine_of_its_known_images(
    scaling: Scaling, data: Any
) -> None:
    scalers = {
        "none": FunctionTransformer(),
        "unit": Normalizer(),
        "standard": StandardScaler(),
    }
    scaler = scalers[scaling].fit(data.features.double().numpy())
    estimator = LinearSVM(c=0.5, scaling=scaling)
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    scores = estimator.scores(data.test_features)
    test = scaler.transform(data.test_features.double().numpy())
    for label in range(5):
        kept = ~data.ignored[:, label]
        judge = LinearSVC(C=0.5, random_state=0)
        judge.fit(
            scaler.transform(data.features[kept].double().numpy()),
            data.target[kept, label].numpy(),
        )
        expected = torch.from_numpy(judge.decision_function(test)).float()
        torch.testing.assert_close(scores[:, label], expected, rtol=1e-3, atol=1e-3)


def test_a_class_without_positives_scores_low_everywhere_and_is_named(
    data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    target, ignored = data.target.clone(), data.ignored.clone()
    ignored[:, 1] |= target[:, 1]  # its positives are all ignored
    target[:, 3], ignored[:, 3] = True, False
    estimator = LinearSVM()
    with caplog.at_level(logging.WARNING, "cnn_rnn"):
        estimator.fit(data.features, target, ignored, seed=0)
    scores = estimator.scores(data.test_features)
    assert (scores[:, 1] == -1).all()
    assert (scores[:, 3] == 1).all()
    assert "without positives score -1 everywhere: [1]" in caplog.text
    assert "without negatives score 1 everywhere: [3]" in caplog.text


def test_a_class_that_did_not_converge_is_named(
    data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "cnn_rnn"):
        LinearSVM(c=1e3, scaling="none", max_iterations=1).fit(
            data.features, data.target, data.ignored, seed=0
        )
    assert "raise max_iterations or lower c (1000)" in caplog.text


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_a_constant_feature_and_an_image_of_zeros_are_harmless(scaling: Scaling, data: Any) -> None:
    features = data.features.clone()
    features[:, 2] = 7.0
    features[5] = 0.0
    estimator = LinearSVM(scaling=scaling)
    estimator.fit(features, data.target, data.ignored, seed=0)
    assert estimator.scores(features).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"c": 0.0}, "c must be positive"),
        ({"c": float("nan")}, "c must be positive"),
        ({"scaling": "minmax"}, "scaling must be one of"),
        ({"max_iterations": 0}, "max_iterations must be at least 1"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LinearSVM(**arguments)
