import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics import PrecisionRecallF1
from cnn_rnn.metrics.functional import precision_recall_f1

LabelledImages = tuple[Tensor, Tensor, Tensor]


def test_batches_give_what_the_function_gives_of_all_images(
    images: LabelledImages, batches: list[LabelledImages]
) -> None:
    all_scores, all_target, all_ignored = images
    metric = PrecisionRecallF1(7)
    for scores, target, ignored in batches:
        metric.update(scores > -2, target, ignored)

    expected = precision_recall_f1(all_scores > -2, all_target, all_ignored)

    assert metric.compute() == expected


def test_a_call_gives_the_batch_and_keeps_the_whole(
    images: LabelledImages, batches: list[LabelledImages]
) -> None:
    all_scores, all_target, _ = images
    metric = PrecisionRecallF1(7)
    for scores, target, _ in batches:
        if len(target):
            assert metric(scores > -2, target) == precision_recall_f1(scores > -2, target)

    assert metric.compute() == precision_recall_f1(all_scores > -2, all_target)


def test_reset_forgets(images: LabelledImages) -> None:
    _, all_target, _ = images
    metric = PrecisionRecallF1(7)
    metric.update(all_target, all_target)
    metric.reset()
    metric.update(~all_target, all_target)

    assert metric.compute()["o_f1"] == 0


def test_half_precision_does_not_touch_the_counts() -> None:
    metric = PrecisionRecallF1(1)
    metric.set_dtype(torch.float16)
    metric.half().to(torch.bfloat16)
    target = torch.ones(2049, 1, dtype=torch.bool)
    preds = target.clone()
    preds[0] = False
    for _ in range(40):
        metric.update(preds, target)

    assert metric.compute()["o_r"].item() == pytest.approx(2048 / 2049, abs=1e-7)


def test_states_move_with_the_device() -> None:
    metric = PrecisionRecallF1(3).to("meta")

    assert {metric.correct.device.type, metric.num_images.device.type} == {"meta"}


def test_no_image_is_an_error_not_a_zero() -> None:
    metric = PrecisionRecallF1(3)
    metric.update(torch.zeros(0, 3).bool(), torch.zeros(0, 3).bool())

    with pytest.raises(ValueError, match="has seen no image"):
        metric.compute()


def test_wrong_arguments_are_refused_and_not_counted() -> None:
    metric = PrecisionRecallF1(3)
    with pytest.raises(ValueError, match="expected 3 labels"):
        metric.update(torch.zeros(2, 4).bool(), torch.zeros(2, 4).bool())
    with pytest.raises(ValueError, match="num_labels"):
        PrecisionRecallF1(0)

    assert metric.num_images == 0
