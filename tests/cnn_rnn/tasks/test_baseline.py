"""The ranking rows as a task."""

from typing import Any, get_args

import pytest
import torch

from cnn_rnn.tasks import BaselineTask, Batch
from cnn_rnn.tasks.baseline import LossName


@pytest.mark.parametrize("loss", get_args(LossName))
def test_every_loss_has_a_gradient(
    loss: LossName, data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = BaselineTask(data.label_names, data.label_counts.tolist(), feature_backbone, loss=loss)
    batch: Batch = {
        "target": data.target,
        "ignored": torch.zeros_like(data.target),
        "image_id": [],
    }
    task.compute_loss(data.features, batch).backward()  # type: ignore[no-untyped-call]  # torch's own
    gradient = task.network.get_parameter("linear.weight").grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_top_k_gives_exactly_k_labels_and_none_a_threshold(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    arguments = (data.label_names, data.label_counts.tolist(), feature_backbone)
    exactly = BaselineTask(*arguments, top_k=2).eval().predict(data.features)
    assert (exactly.decisions.sum(1) == 2).all()
    above = BaselineTask(*arguments, threshold=0.1).eval().predict(data.features)
    assert torch.equal(above.decisions, above.scores > 0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "hinge"}, "loss"),
        ({"top_k": 5}, "top_k"),
        ({"loss": "asymmetric", "gamma_neg": -1.0}, "gamma_neg >= 0"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: dict[str, Any], message: str, data: Any, feature_backbone: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=message):
        BaselineTask(data.label_names, data.label_counts.tolist(), feature_backbone, **arguments)


@pytest.mark.parametrize(
    ("loss", "top_k", "threshold"),
    [
        ("bce", None, 0.0),
        ("squared", None, 0.5),
        ("asymmetric", None, 0.0),
        ("softmax", 3, None),
        ("warp", 3, None),
    ],
)
def test_without_a_rule_each_loss_has_its_own(
    loss: LossName,
    top_k: int | None,
    threshold: float | None,
    data: Any,
    feature_backbone: dict[str, Any],
) -> None:
    task = BaselineTask(data.label_names, data.label_counts.tolist(), feature_backbone, loss=loss)
    assert (task.top_k, task.threshold) == (top_k, threshold)


def test_scores_of_softmax_are_log_probabilities(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = BaselineTask(
        data.label_names, data.label_counts.tolist(), feature_backbone, loss="softmax"
    ).eval()
    scores = task.predict(data.features).scores
    torch.testing.assert_close(scores.exp().sum(1), torch.ones(64))


def test_the_asymmetric_loss_takes_its_arguments(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    arguments = (data.label_names, data.label_counts.tolist(), feature_backbone)
    task = BaselineTask(
        *arguments, loss="asymmetric", gamma_neg=0, gamma_pos=0, probability_margin=0
    ).eval()
    plain = BaselineTask(*arguments, loss="bce").eval()
    plain.load_state_dict(task.state_dict())
    default = BaselineTask(*arguments, loss="asymmetric").eval()
    default.load_state_dict(task.state_dict())
    batch: Batch = {
        "target": data.target,
        "ignored": torch.zeros_like(data.target),
        "image_id": [],
    }
    expected = plain.compute_loss(data.features, batch)
    torch.testing.assert_close(task.compute_loss(data.features, batch), expected)
    assert default.compute_loss(data.features, batch) < expected
