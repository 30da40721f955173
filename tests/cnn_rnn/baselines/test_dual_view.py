"""Both views against scikit-learn's Lasso on the whole problem."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from cnn_rnn.baselines import DualViewReconstruction
from cnn_rnn.baselines.dual_view import tag_codes


def unit_columns(matrix: Any) -> Any:
    return matrix / np.linalg.norm(matrix, axis=0)


def lasso(dictionary: Any, vector: Any, penalty: float) -> Any:
    """The code by coordinate descent, on the objective without scikit-learn's 1/N."""
    solver = Lasso(penalty / len(vector), fit_intercept=False, tol=1e-12, max_iter=100_000)
    return solver.fit(dictionary, vector).coef_


def test_with_all_images_as_candidates_the_image_view_is_a_lasso_over_all(data: Any) -> None:
    estimator = DualViewReconstruction(candidates=10_000, image_penalty=0.2)
    nothing = torch.zeros_like(data.target)
    estimator.fit(data.features, data.target, nothing, seed=0)
    found = estimator.image_view(data.test_features[:6])
    dictionary = unit_columns(data.features.double().numpy().T)
    for image in range(6):
        vector = data.test_features[image].double().numpy()
        code = lasso(dictionary, vector / np.linalg.norm(vector), 0.2)
        expected = code @ data.target.double().numpy()
        np.testing.assert_allclose(found[image].numpy(), expected, atol=2e-3)


def test_candidates_are_the_nearest_images(data: Any) -> None:
    estimator = DualViewReconstruction(candidates=9, image_penalty=0.05)
    estimator.fit(data.features, data.target, torch.zeros_like(data.target), seed=0)
    found = estimator.image_view(data.test_features[:6])
    dictionary = unit_columns(data.features.double().numpy().T)
    for image in range(6):
        vector = data.test_features[image].double().numpy()
        vector = vector / np.linalg.norm(vector)
        near = np.argsort(-(dictionary.T @ vector))[:9]
        code = lasso(dictionary[:, near], vector, 0.05)
        expected = code @ data.target.double().numpy()[near]
        np.testing.assert_allclose(found[image].numpy(), expected, atol=2e-3)


def test_each_tag_is_coded_by_the_others() -> None:
    generator = torch.Generator().manual_seed(2)
    common = torch.rand(300, 1, generator=generator)
    positive = torch.rand(300, 8, generator=generator) < 0.8 * common
    codes = tag_codes(positive, candidates=100, penalty=0.1)
    columns = positive.double().numpy()
    lengths = np.linalg.norm(columns, axis=0)
    for label in range(8):
        others = [other for other in range(8) if other != label]
        code = lasso((columns / lengths)[:, others], columns[:, label] / lengths[label], 0.1)
        assert (code != 0).any()
        expected = code * lengths[label] / lengths[others]
        np.testing.assert_allclose(codes[others, label], expected, atol=2e-3)
    assert (codes.diagonal() == 0).all()


def test_tag_candidates_bound_the_code_and_empty_tags_have_none() -> None:
    positive = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]]).bool()
    codes = tag_codes(positive, candidates=1, penalty=0.1)
    assert (codes[:, 3] == 0).all()
    assert (codes[3] == 0).all()
    assert ((codes != 0).sum(axis=0) <= 1).all()
    # Tag 0's most similar is tag 1: cosine 3 / sqrt(3 * 4), length ratio sqrt(3 / 4).
    assert codes[1, 0] == pytest.approx((3 / 12**0.5 - 0.1) * (3 / 4) ** 0.5)


def test_scores_combine_the_views_with_the_weight(data: Any) -> None:
    def scores(tag_weight: float) -> torch.Tensor:
        estimator = DualViewReconstruction(12, tag_weight=tag_weight, smoothing=0.0)
        estimator.fit(data.features, data.target, data.ignored, seed=0)
        return estimator.scores(data.test_features)

    image_view, tag_view = scores(0.0), scores(1.0)
    assert not torch.allclose(image_view, tag_view)
    torch.testing.assert_close(scores(0.25), 0.75 * image_view + 0.25 * tag_view)
    codes = torch.from_numpy(tag_codes(data.target & ~data.ignored, 50, 0.1)).float()
    torch.testing.assert_close(tag_view, image_view @ codes)


def test_an_image_unlike_all_others_gets_the_frequencies() -> None:
    features = torch.eye(3)[:2]
    target = torch.tensor([[True, False], [True, True]])
    estimator = DualViewReconstruction(smoothing=0.01)
    estimator.fit(features, target, torch.zeros_like(target), seed=0)
    (scores,) = estimator.scores(torch.eye(3)[2:])
    torch.testing.assert_close(scores, torch.tensor([0.01, 0.005]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": 0}, "candidates must be at least 1"),
        ({"tag_candidates": 0}, "tag_candidates must be at least 1"),
        ({"image_penalty": 0.0}, "image_penalty must lie between 0 and 1"),
        ({"tag_penalty": 1.0}, "tag_penalty must lie between 0 and 1"),
        ({"tag_weight": 1.5}, "tag_weight must lie in 0..1"),
        ({"smoothing": -1.0}, "smoothing must not be negative"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DualViewReconstruction(**arguments)
