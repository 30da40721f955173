import math
from fractions import Fraction
from typing import get_args

import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import (
    Method,
    average_precision,
    mean_average_precision,
)
from cnn_rnn.metrics.functional import _ranking as ranking

METHODS: tuple[Method, ...] = get_args(Method)


def plain_one_class(
    scores: list[float], target: list[bool], ignored: list[bool], method: str
) -> float:
    """One class in exact arithmetic, from the definitions."""
    images = [i for i in range(len(scores)) if not ignored[i]]
    images.sort(key=lambda i: (-scores[i], i))
    num_positives = sum(target[i] for i in images)
    if num_positives == 0:
        return math.nan
    points = []  # (recall, precision) at each place
    found = 0
    for place, i in enumerate(images, start=1):
        found += target[i]
        points.append((Fraction(found, num_positives), Fraction(found, place)))
    if method == "all_points":
        precisions = [points[n][1] for n, i in enumerate(images) if target[i]]
        return float(sum(precisions) / num_positives)
    if method == "11_points":
        levels = [Fraction(tenth, 10) for tenth in range(11)]
        highest = [max(p for r, p in points if r >= level) for level in levels]
        return float(sum(highest) / 11)
    area, last = Fraction(0), Fraction(0)
    for recall in sorted({r for r, _ in points}):
        area += (recall - last) * max(p for r, p in points if r >= recall)
        last = recall
    return float(area)


def plain(scores: Tensor, target: Tensor, ignored: Tensor | None, method: str) -> list[float]:
    if ignored is None:
        ignored = torch.zeros_like(target)
    columns = zip(scores.T.tolist(), target.T.tolist(), ignored.T.tolist(), strict=True)
    return [plain_one_class(*column, method) for column in columns]


def same(got: Tensor, expected: list[float]) -> bool:
    return got.tolist() == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("with_ignored", [False, True], ids=["all", "ignored"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (50, 6), (101, 5)], ids=str)
def test_agrees_with_exact_arithmetic_under_ties(
    shape: tuple[int, int], dtype: torch.dtype, with_ignored: bool, method: Method
) -> None:
    generator = torch.Generator().manual_seed(shape[0])
    scores = -torch.randint(0, 12, shape, generator=generator).to(dtype) / 8
    scores[torch.rand(shape, generator=generator) < 0.1] = -torch.inf
    target = torch.rand(shape, generator=generator) < 0.3
    ignored = torch.rand(shape, generator=generator) < 0.2 if with_ignored else None

    got = average_precision(scores, target, ignored, method)

    assert got.dtype == torch.float32
    assert same(got, plain(scores, target, ignored, method))


def test_all_points_is_scikit_learns_where_nothing_ties() -> None:
    from sklearn.metrics import average_precision_score

    generator = torch.Generator().manual_seed(5)
    scores = torch.randn(300, 8, generator=generator, dtype=torch.float64)
    target = torch.rand(300, 8, generator=generator) < 0.1

    expected = average_precision_score(target.numpy(), scores.numpy(), average=None)

    assert average_precision(scores, target).tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_hand_computed_class_by_all_three_methods() -> None:
    # Best first: right, wrong, right, wrong, right. Precisions at the rights: 1, 2/3, 3/5.
    scores = torch.tensor([[5.0], [4.0], [3.0], [2.0], [1.0]])
    target = torch.tensor([[1], [0], [1], [0], [1]]).bool()

    values = {method: average_precision(scores, target, None, method).item() for method in METHODS}

    assert values == pytest.approx(
        {
            "all_points": (1 + 2 / 3 + 3 / 5) / 3,
            # Recalls 0 to 0.3 at 1; 0.4 to 0.6 at 2/3; 0.7 to 1 at 3/5.
            "11_points": (4 * 1 + 3 * 2 / 3 + 4 * 3 / 5) / 11,
            "area": (1 + 2 / 3 + 3 / 5) / 3,
        }
    )


def test_area_takes_the_highest_precision_of_later_recalls() -> None:
    # Wrong, right, right: precisions 1/2 and 2/3; interpolated, both are 2/3.
    scores = torch.tensor([[3.0], [2.0], [1.0]])
    target = torch.tensor([[0], [1], [1]]).bool()

    assert average_precision(scores, target, None, "area").item() == pytest.approx(2 / 3)
    assert average_precision(scores, target).item() == pytest.approx(7 / 12)


@pytest.mark.parametrize("tenth", range(1, 11))
def test_a_recall_of_exactly_a_tenth_reaches_that_tenth(tenth: int) -> None:
    # The first `tenth` of ten positives lead; a wrong image, then the other positives follow.
    target = torch.tensor([[True]] * tenth + [[False]] + [[True]] * (10 - tenth))
    scores = -torch.arange(11.0).unsqueeze(1)
    rest = 10 - tenth

    got = average_precision(scores, target, None, "11_points").item()

    # Recalls 0..tenth are at precision 1; the last place, 10/11, is best for all later ones.
    assert got == pytest.approx((tenth + 1 + rest * 10 / 11) / 11, abs=1e-6)


def test_images_of_equal_score_keep_their_order() -> None:
    scores = torch.zeros(4, 2)
    target = torch.tensor([[1, 0], [0, 0], [0, 0], [0, 1]]).bool()

    assert average_precision(scores, target).tolist() == [1.0, 0.25]


def test_a_class_without_positives_is_nan() -> None:
    target = torch.tensor([[True, False], [False, False]])

    for method in METHODS:
        got = average_precision(torch.zeros(2, 2), target, None, method)
        assert got.isnan().tolist() == [False, True]


def test_an_ignored_image_takes_no_place_in_the_ranking() -> None:
    scores = torch.tensor([[3.0], [2.0], [1.0]])
    target = torch.tensor([[False], [True], [True]])
    ignored = torch.tensor([[True], [False], [False]])

    for method in METHODS:
        assert average_precision(scores, target, ignored, method).tolist() == [1.0]


def test_a_class_whose_positives_are_all_ignored_is_nan() -> None:
    target = torch.tensor([[True], [False]])

    assert average_precision(torch.zeros(2, 1), target, target).isnan().all()


def test_only_the_order_of_scores_matters() -> None:
    generator = torch.Generator().manual_seed(6)
    scores = torch.rand(40, 4, generator=generator)
    target = torch.rand(40, 4, generator=generator) < 0.3

    assert torch.equal(
        average_precision(scores, target), average_precision(scores.log() * 3 - 50, target)
    )


def test_chunks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(7)
    scores = torch.rand(20, 9, generator=generator)
    target, ignored = (torch.rand(20, 9, generator=generator) < 0.3 for _ in range(2))
    whole = average_precision(scores, target, ignored)

    for elements in (1, 41):
        monkeypatch.setattr(ranking, "CHUNK_ELEMENTS", elements)
        assert torch.equal(average_precision(scores, target, ignored), whole)


def test_no_image_makes_every_class_nan() -> None:
    got = average_precision(torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.bool))

    assert got.isnan().tolist() == [True] * 3


def test_the_mean_leaves_out_empty_classes_and_counts_them() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0]])
    target = torch.tensor([[1, 1, 0], [0, 0, 0]]).bool()

    mean, num_empty_classes = mean_average_precision(scores, target)

    assert mean.item() == pytest.approx(0.75)
    assert num_empty_classes == 1


def test_the_mean_over_no_class_is_nan() -> None:
    mean, num_empty_classes = mean_average_precision(
        torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool)
    )

    assert mean.isnan()
    assert num_empty_classes == 3


@pytest.mark.parametrize(
    ("scores", "target", "method", "message"),
    [
        (torch.tensor([[torch.nan]]), torch.tensor([[True]]), "area", "NaN"),
        (torch.zeros(2, 3), torch.zeros(3, 2).bool(), "area", "one shape"),
        (torch.zeros(2, 3), torch.zeros(2, 3), "area", "torch.bool"),
        (torch.zeros(2, 3), torch.zeros(2, 3).bool(), "12_points", "one of"),
    ],
)
def test_wrong_arguments_are_refused(
    scores: Tensor, target: Tensor, method: Method, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        average_precision(scores, target, None, method)
