import pytest
import torch
from torch import Tensor
from torchmetrics import MetricCollection

from cnn_rnn.metrics import MAPAtK
from cnn_rnn.metrics.functional import Normaliser, map_at_k

LabelledImages = tuple[Tensor, Tensor, Tensor]


@pytest.mark.parametrize("normaliser", ["min_k_r", "r"])
def test_batches_give_what_the_function_gives_of_all_images(
    images: LabelledImages, batches: list[LabelledImages], normaliser: Normaliser
) -> None:
    all_scores, all_target, all_ignored = images
    metric = MAPAtK(3, normaliser)
    for batch in batches:
        metric.update(*batch)

    expected = map_at_k(all_scores, all_target, 3, all_ignored, normaliser)

    assert metric.compute().item() == pytest.approx(expected.item(), abs=1e-6)


def test_a_call_gives_the_batch_and_keeps_the_whole(
    images: LabelledImages, batches: list[LabelledImages]
) -> None:
    all_scores, all_target, _ = images
    metric = MAPAtK(2)
    for scores, target, _ in batches:
        if len(target):
            assert metric(scores, target) == map_at_k(scores, target, 2)

    expected = map_at_k(all_scores, all_target, 2).item()
    assert metric.compute().item() == pytest.approx(expected, abs=1e-6)


def test_metrics_equal_in_the_first_batch_stay_apart_in_a_collection() -> None:
    collection = MetricCollection({"one": MAPAtK(1), "two": MAPAtK(2), "r": MAPAtK(1, "r")})
    scores = torch.tensor([[2.0, 1.0]])
    collection.update(scores, torch.tensor([[True, False]]))
    collection.update(scores, torch.tensor([[False, True]]))
    collection.update(scores, torch.tensor([[True, True]]))

    values = {name: value.item() for name, value in collection.compute().items()}

    assert values == pytest.approx({"one": 2 / 3, "two": 2.5 / 3, "r": 0.5})


def test_reset_forgets() -> None:
    metric = MAPAtK(1)
    metric.update(torch.tensor([[2.0, 1.0]]), torch.tensor([[True, False]]))
    metric.reset()
    metric.update(torch.tensor([[2.0, 1.0]]), torch.tensor([[False, True]]))

    assert metric.compute() == 0


def test_no_image_is_an_error_and_no_label_is_nan() -> None:
    metric = MAPAtK(1)
    metric.update(torch.zeros(0, 2), torch.zeros(0, 2).bool())
    with pytest.raises(ValueError, match="has seen no image"):
        metric.compute()
    metric.update(torch.zeros(1, 2), torch.zeros(1, 2).bool())

    assert metric.compute().isnan()


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        MAPAtK(0)
    with pytest.raises(ValueError, match="one of"):
        MAPAtK(1, "k")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"k in 1\.\.2"):
        MAPAtK(3).update(torch.zeros(1, 2), torch.zeros(1, 2).bool())
