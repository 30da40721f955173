import math

import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import (
    Normaliser,
    average_precision_at_k,
    map_at_k,
)
from cnn_rnn.metrics.functional import _ranking as ranking


def plain_one_image(
    scores: list[float], target: list[bool], ignored: list[bool], k: int, normaliser: str
) -> float:
    labels = [label for label in range(len(scores)) if not ignored[label]]
    labels.sort(key=lambda label: (-scores[label], label))
    num_relevant = sum(target[label] for label in labels)
    if num_relevant == 0:
        return math.nan
    total, found = 0.0, 0
    for place, label in enumerate(labels[:k], start=1):
        if target[label]:
            found += 1
            total += found / place
    return total / (min(k, num_relevant) if normaliser == "min_k_r" else num_relevant)


@pytest.mark.parametrize("normaliser", ["min_k_r", "r"])
@pytest.mark.parametrize("with_ignored", [False, True], ids=["all", "ignored"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1), (30, 4), (17, 25)], ids=str)
def test_agrees_with_the_formula_under_ties(
    shape: tuple[int, int], dtype: torch.dtype, with_ignored: bool, normaliser: Normaliser
) -> None:
    generator = torch.Generator().manual_seed(shape[1])
    scores = -torch.randint(0, 9, shape, generator=generator).to(dtype) / 4
    scores[torch.rand(shape, generator=generator) < 0.1] = -torch.inf
    target = torch.rand(shape, generator=generator) < 0.25
    ignored = torch.rand(shape, generator=generator) < 0.2 if with_ignored else None
    left_out = torch.zeros_like(target) if ignored is None else ignored
    rows = list(zip(scores.tolist(), target.tolist(), left_out.tolist(), strict=True))
    for k in {1, min(10, shape[1]), shape[1]}:
        expected = [plain_one_image(*row, k, normaliser) for row in rows]

        got = average_precision_at_k(scores, target, k, ignored, normaliser)

        assert got.dtype == torch.float32
        assert got.tolist() == pytest.approx(expected, abs=1e-6, nan_ok=True)
        mean = map_at_k(scores, target, k, ignored, normaliser).item()
        defined = [value for value in expected if not math.isnan(value)]
        wanted = sum(defined) / len(defined) if defined else math.nan
        assert mean == pytest.approx(wanted, abs=1e-6, nan_ok=True)


def test_a_hand_computed_image_by_both_normalisers() -> None:
    # Ranking 0 1 2 3; labels 0, 2 and 3; at k = 2 only label 0 is found, at precision 1.
    scores = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    target = torch.tensor([[True, False, True, True]])

    assert map_at_k(scores, target, 2).item() == pytest.approx(1 / 2)
    assert map_at_k(scores, target, 2, normaliser="r").item() == pytest.approx(1 / 3)
    assert map_at_k(scores, target, 3).item() == pytest.approx((1 + 2 / 3) / 3)


def test_log_probabilities_count_as_any_scores_do() -> None:
    scores = torch.tensor([[-1.0, -2.0, -torch.inf]])
    target = torch.tensor([[True, True, False]])

    assert map_at_k(scores, target, 2).item() == 1.0


def test_images_without_labels_are_left_out_of_the_mean() -> None:
    scores = torch.tensor([[2.0, 1.0], [2.0, 1.0]])
    target = torch.tensor([[False, True], [False, False]])

    assert average_precision_at_k(scores, target, 2).isnan().tolist() == [False, True]
    assert map_at_k(scores, target, 2).item() == 0.5


def test_no_label_at_all_makes_the_mean_nan() -> None:
    assert map_at_k(torch.zeros(3, 2), torch.zeros(3, 2).bool(), 1).isnan()
    assert map_at_k(torch.zeros(0, 2), torch.zeros(0, 2).bool(), 1).isnan()


def test_an_ignored_label_takes_no_place_among_the_k() -> None:
    scores = torch.tensor([[3.0, 2.0, 1.0]])
    target = torch.tensor([[True, True, False]])
    ignored = torch.tensor([[True, False, False]])

    assert average_precision_at_k(scores, target, 1, ignored).tolist() == [1.0]


def test_equal_scores_go_to_the_lower_label_id() -> None:
    target = torch.tensor([[True, False], [False, True]])

    assert average_precision_at_k(torch.zeros(2, 2), target, 1).tolist() == [1.0, 0.0]


def test_chunks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(7)
    scores = torch.rand(20, 9, generator=generator)
    target, ignored = (torch.rand(20, 9, generator=generator) < 0.3 for _ in range(2))
    whole = average_precision_at_k(scores, target, 4, ignored)

    monkeypatch.setattr(ranking, "CHUNK_ELEMENTS", 31)

    assert average_precision_at_k(scores, target, 4, ignored).tolist() == pytest.approx(
        whole.tolist(), nan_ok=True
    )


@pytest.mark.parametrize(
    ("scores", "target", "k", "normaliser", "message"),
    [
        (torch.tensor([[torch.nan]]), torch.tensor([[True]]), 1, "r", "NaN"),
        (torch.zeros(2, 3), torch.zeros(3, 2).bool(), 1, "r", "one shape"),
        (torch.zeros(2, 3), torch.zeros(2, 3), 1, "r", "torch.bool"),
        (torch.zeros(2, 3), torch.zeros(2, 3).bool(), 4, "r", r"k in 1\.\.3"),
        (torch.zeros(2, 3), torch.zeros(2, 3).bool(), -3, "r", r"k in 1\.\.3"),
        (torch.zeros(2, 3), torch.zeros(2, 3).bool(), 1, "k", "one of"),
    ],
)
def test_wrong_arguments_are_refused(
    scores: Tensor, target: Tensor, k: int, normaliser: Normaliser, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        map_at_k(scores, target, k, None, normaliser)
