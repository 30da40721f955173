from itertools import combinations, product

import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import oracle_exactly_k, precision_recall_f1


def all_decisions(num_images: int, num_labels: int, k: int) -> list[Tensor]:
    rows = []
    for labels in combinations(range(num_labels), k):
        row = torch.zeros(num_labels, dtype=torch.bool)
        row[list(labels)] = True
        rows.append(row)
    return [torch.stack(choice) for choice in product(rows, repeat=num_images)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("with_ignored", [False, True], ids=["all", "ignored"])
def test_no_choice_of_exactly_k_labels_is_better(seed: int, with_ignored: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(3, 4, generator=generator) < 0.45
    ignored = torch.rand(3, 4, generator=generator) < 0.25 if with_ignored else None
    k = 1 + seed % 3

    oracle = precision_recall_f1(oracle_exactly_k(target, k, ignored), target, ignored)

    others = [precision_recall_f1(preds, target, ignored) for preds in all_decisions(3, 4, k)]
    for name in ("o_p", "o_r", "o_f1", "c_r"):
        best = max(values[name].item() for values in others)
        assert oracle[name].item() == pytest.approx(best, abs=1e-6), name


def test_each_image_gets_exactly_k_labels() -> None:
    target = torch.rand(30, 9, generator=torch.Generator().manual_seed(0)) < 0.3

    assert oracle_exactly_k(target, 3).sum(dim=1).tolist() == [3] * 30


def test_of_too_many_true_labels_the_rarest_are_kept() -> None:
    target = torch.tensor([[1, 1, 1], [1, 0, 1], [1, 0, 0]]).bool()

    assert oracle_exactly_k(target, 2)[0].tolist() == [False, True, True]


def test_filling_takes_ignored_then_empty_then_frequent_classes() -> None:
    target = torch.tensor([[1, 0, 0, 0, 0], [0, 0, 1, 0, 1], [0, 0, 1, 0, 0]]).bool()
    ignored = torch.zeros_like(target)
    ignored[0, 4] = True

    filled = [oracle_exactly_k(target, k, ignored)[0].nonzero().flatten().tolist() for k in (2, 4)]

    assert filled == [[0, 4], [0, 1, 3, 4]]
    assert oracle_exactly_k(target, 3)[0].nonzero().flatten().tolist() == [0, 1, 3]


def test_precision_cannot_reach_1_when_images_have_fewer_labels() -> None:
    target = torch.tensor([[1, 0, 0, 0], [0, 1, 1, 0]]).bool()

    values = precision_recall_f1(oracle_exactly_k(target, 3), target)

    assert values["o_r"].item() == 1.0
    assert values["o_p"].item() == pytest.approx(0.5)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"torch\.bool"):
        oracle_exactly_k(torch.zeros(2, 3), 1)
    with pytest.raises(ValueError, match=r"k in 1\.\.3"):
        oracle_exactly_k(torch.zeros(2, 3).bool(), 4)
