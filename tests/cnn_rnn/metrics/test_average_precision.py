from typing import get_args

import pytest
import torch
from torch import Tensor
from torchmetrics import MetricCollection

from cnn_rnn.metrics import AveragePrecision, MAPAtK, MeanAveragePrecision
from cnn_rnn.metrics.functional import (
    Method,
    average_precision,
    map_at_k,
    mean_average_precision,
)

LabelledImages = tuple[Tensor, Tensor, Tensor]


@pytest.mark.parametrize("method", get_args(Method))
def test_batches_give_what_the_function_gives_of_all_images(
    images: LabelledImages, batches: list[LabelledImages], method: Method
) -> None:
    metric = AveragePrecision(7, method)
    mean_metric = MeanAveragePrecision(7, method)
    for batch in batches:
        metric.update(*batch)
        mean_metric.update(*batch)

    expected = average_precision(*images, method=method)
    mean, num_empty_classes = mean_average_precision(*images, method=method)

    assert torch.equal(metric.compute().nan_to_num(-1), expected.nan_to_num(-1))
    assert mean_metric.compute() == mean
    assert mean_metric.num_empty_classes == num_empty_classes == 1


def test_a_call_gives_the_batch_and_keeps_the_whole(
    images: LabelledImages, batches: list[LabelledImages]
) -> None:
    metric = MeanAveragePrecision(7)
    for batch in batches:
        if len(batch[0]):
            value = metric(*batch)
            expected = mean_average_precision(*batch).mean
            assert torch.equal(value.nan_to_num(-1), expected.nan_to_num(-1))

    assert metric.compute() == mean_average_precision(*images).mean


def test_reset_forgets(images: LabelledImages) -> None:
    all_scores, all_target, _ = images
    metric = MeanAveragePrecision(7)
    metric.update(-all_scores, all_target)
    metric.compute()
    metric.reset()

    assert metric.num_empty_classes is None
    metric.update(all_scores, all_target)
    assert metric.compute() == mean_average_precision(all_scores, all_target).mean


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_module_does_not_make_scores_tie(dtype: torch.dtype) -> None:
    scores = 1 + torch.arange(64.0).unsqueeze(1) / 2**16
    target = torch.arange(64).unsqueeze(1) >= 32
    metric = AveragePrecision(1).to(dtype)
    metric.update(scores, target)

    assert metric.compute() == 1


def test_half_precision_scores_are_ranked_as_they_are(images: LabelledImages) -> None:
    all_scores, all_target, _ = images
    metric = AveragePrecision(7)
    metric.update(all_scores.half(), all_target)

    expected = average_precision(all_scores, all_target)
    assert torch.equal(metric.compute().nan_to_num(-1), expected.nan_to_num(-1))


def test_doubles_are_kept_after_set_dtype() -> None:
    scores = 1 + torch.arange(4, dtype=torch.float64).unsqueeze(1) / 2**40
    target = torch.tensor([[False], [False], [False], [True]])
    metric = AveragePrecision(1)
    metric.set_dtype(torch.float64)
    metric.update(scores, target)

    assert metric.compute() == 1


def test_states_move_with_the_device() -> None:
    metric = AveragePrecision(2)
    metric.update(torch.zeros(1, 2), torch.zeros(1, 2).bool())
    metric.to("meta")

    assert {metric.scores[0].device.type, metric.labels[0].device.type} == {"meta"}


def test_a_collection_shares_the_scores_and_keeps_every_metric_right(
    images: LabelledImages,
    batches: list[LabelledImages],
) -> None:
    all_scores, all_target, all_ignored = images
    collection = MetricCollection(
        {
            "ap": AveragePrecision(7),
            "map": MeanAveragePrecision(7),
            "voc": MeanAveragePrecision(7, "11_points"),
            "map_at_3": MAPAtK(3),
        }
    )
    for batch in batches:
        collection.update(*batch)

    values = collection.compute()

    assert sorted(map(len, collection.compute_groups.values())) == [1, 3]
    assert values["map"] == mean_average_precision(*images).mean
    assert values["voc"] == mean_average_precision(*images, method="11_points").mean
    assert values["ap"].isnan().sum() == 1
    expected = map_at_k(all_scores, all_target, 3, all_ignored)
    assert values["map_at_3"] == pytest.approx(expected.item())


def test_no_image_is_an_error_not_a_nan() -> None:
    metric = AveragePrecision(3)
    with (
        pytest.warns(UserWarning, match="before the ``update``"),
        pytest.raises(ValueError, match="has seen no image"),
    ):
        metric.compute()
    metric.update(torch.zeros(0, 3), torch.zeros(0, 3).bool())
    with pytest.raises(ValueError, match="has seen no image"):
        metric.compute()


def test_wrong_arguments_are_refused() -> None:
    metric = AveragePrecision(3)
    with pytest.raises(ValueError, match="expected 3 labels"):
        metric.update(torch.zeros(2, 4), torch.zeros(2, 4).bool())
    with pytest.raises(ValueError, match="is NaN"):
        metric.update(torch.full((2, 3), torch.nan), torch.zeros(2, 3).bool())
    with pytest.raises(ValueError, match="num_labels"):
        AveragePrecision(0)
    with pytest.raises(ValueError, match="one of"):
        AveragePrecision(3, "12_points")  # type: ignore[arg-type]
