"""The learned metric: its loss against loops, its effect on data with many useless features."""

import math
from typing import Any

import pytest
import torch

from cnn_rnn.baselines import KNearestNeighbors, MetricLearningNeighbors
from cnn_rnn.baselines.metric_learning import jaccard_overlap, soft_neighbor_loss


def test_the_overlap_is_that_of_sets(data: Any) -> None:
    target, ignored = data.target[:20], data.ignored[:20]
    found = jaccard_overlap(target, ignored)
    for i in range(20):
        for j in range(20):
            labels = {k for k in range(5) if not ignored[i, k] and not ignored[j, k]}
            first = {k for k in labels if target[i, k]}
            second = {k for k in labels if target[j, k]}
            union = first | second
            expected = len(first & second) / len(union) if union else 0.0
            assert found[i, j].item() == pytest.approx(expected)


def test_the_loss_is_that_of_a_plain_loop(data: Any) -> None:
    projected, target, ignored = data.features[:15, :3], data.target[:15], data.ignored[:15]
    overlap = jaccard_overlap(target, ignored)
    terms = []
    for i in range(15):
        others = [j for j in range(15) if j != i]
        cosine = torch.nn.functional.cosine_similarity(projected[i : i + 1], projected)
        weights = {j: math.exp(cosine[j] / 0.5) for j in others}
        expected = sum(weights[j] * overlap[i, j].item() for j in others) / sum(weights.values())
        if expected > 0:
            terms.append(-math.log(expected))
    assert 0 < len(terms) < 15
    loss = soft_neighbor_loss(projected, target, ignored, 0.5)
    assert loss.item() == pytest.approx(sum(terms) / len(terms), rel=1e-4)


def test_a_batch_without_common_labels_has_loss_and_gradient_zero() -> None:
    projected = torch.randn(3, 4, requires_grad=True)
    target = torch.eye(3).bool()
    loss = soft_neighbor_loss(projected, target, torch.zeros_like(target), 0.1)
    (gradient,) = torch.autograd.grad(loss, projected)
    assert loss.item() == 0
    assert (gradient == 0).all()


def test_gradients_are_finite_where_images_share_nothing(data: Any) -> None:
    projected = data.features[:15, :3].clone().requires_grad_()
    loss = soft_neighbor_loss(projected, data.target[:15], data.ignored[:15], 0.1)
    (gradient,) = torch.autograd.grad(loss, projected)
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


def test_the_metric_learns_which_features_matter() -> None:
    generator = torch.Generator().manual_seed(5)
    target = torch.rand(600, 6, generator=generator) < 0.3
    noise = torch.randn(600, 60, generator=generator)
    features = torch.cat([target + 0.3 * torch.randn(600, 6, generator=generator), noise], dim=1)
    nothing = torch.zeros_like(target[:500])

    def share_right(estimator: Any) -> float:
        estimator.fit(features[:500], target[:500], nothing, seed=0)
        return float(((estimator.scores(features[500:]) > 0.5) == target[500:]).float().mean())

    plain = share_right(KNearestNeighbors(10))
    learned = share_right(MetricLearningNeighbors(10, dimensions=66, epochs=60, lr=0.01))
    assert learned > plain + 0.1


def test_without_epochs_the_projection_is_the_principal_axes(data: Any) -> None:
    from sklearn.decomposition import PCA

    estimator = MetricLearningNeighbors(dimensions=4, epochs=0)
    estimator.fit(data.features, data.target, data.ignored, seed=0)
    found = estimator.project(data.test_features)
    judge = PCA(4).fit(data.features.numpy())
    expected = torch.from_numpy(judge.transform(data.test_features.numpy())).float()
    ratio = found / expected
    torch.testing.assert_close(ratio.abs(), ratio[0].abs().expand(80, 4), rtol=1e-2, atol=1e-2)


def test_more_dimensions_than_images_or_features_are_cut(data: Any) -> None:
    estimator = MetricLearningNeighbors(dimensions=500, epochs=1)
    estimator.fit(data.features[:8], data.target[:8], data.ignored[:8], seed=0)
    assert estimator.project(data.test_features).shape == (80, 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dimensions": 0}, "dimensions must be at least 1"),
        ({"epochs": -1}, "epochs must not be negative"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"lr": 0.0}, "lr must be positive"),
        ({"neighbors": 0}, "neighbors must be at least 1"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MetricLearningNeighbors(**arguments)
