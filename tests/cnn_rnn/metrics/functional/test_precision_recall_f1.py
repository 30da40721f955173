import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import (
    DecisionCounts,
    count_decisions,
    precision_recall_f1,
    precision_recall_f1_from_counts,
)


def plain(preds: Tensor, target: Tensor, ignored: Tensor | None) -> dict[str, float]:
    """The definitions of section 4, one decision at a time."""
    num_images, num_labels = preds.shape
    right, given, true = [0] * num_labels, [0] * num_labels, [0] * num_labels
    for image in range(num_images):
        for label in range(num_labels):
            if ignored is not None and ignored[image, label]:
                continue
            given[label] += int(preds[image, label])
            true[label] += int(target[image, label])
            right[label] += int(preds[image, label] and target[image, label])

    def harmonic(precision: float, recall: float) -> float:
        return 2 / (1 / precision + 1 / recall) if precision and recall else 0.0

    c_p = sum(r / g if g else 0.0 for r, g in zip(right, given, strict=True)) / num_labels
    c_r = sum(r / t if t else 0.0 for r, t in zip(right, true, strict=True)) / num_labels
    o_p = sum(right) / sum(given) if sum(given) else 0.0
    o_r = sum(right) / sum(true) if sum(true) else 0.0
    c_f1, o_f1 = harmonic(c_p, c_r), harmonic(o_p, o_r)
    return {"c_p": c_p, "c_r": c_r, "c_f1": c_f1, "o_p": o_p, "o_r": o_r, "o_f1": o_f1}


def as_floats(values: dict[str, Tensor]) -> dict[str, float]:
    return {name: value.item() for name, value in values.items()}


@pytest.mark.parametrize("with_ignored", [False, True], ids=["all", "ignored"])
@pytest.mark.parametrize(
    ("num_images", "num_labels", "rate"),
    [(1, 1, 0.5), (1, 7, 0.5), (13, 5, 0.3), (40, 11, 0.1), (9, 30, 0.03), (6, 4, 0.0)],
)
def test_agrees_with_the_plain_definitions(
    num_images: int, num_labels: int, rate: float, with_ignored: bool
) -> None:
    generator = torch.Generator().manual_seed(num_images * num_labels)
    shape = (num_images, num_labels)
    preds = torch.rand(shape, generator=generator) < rate
    target = torch.rand(shape, generator=generator) < rate
    ignored = torch.rand(shape, generator=generator) < 0.2 if with_ignored else None

    values = precision_recall_f1(preds, target, ignored)

    assert as_floats(values) == pytest.approx(plain(preds, target, ignored), abs=1e-6)
    assert all(value.shape == () and value.dtype == torch.float32 for value in values.values())


def test_matches_a_hand_computed_case() -> None:
    # Class 0: right 1 of 2 given, 1 of 1 true. Class 1: 1 of 1, 1 of 2. Class 2: never given.
    preds = torch.tensor([[1, 1, 0], [1, 0, 0], [0, 0, 0]]).bool()
    target = torch.tensor([[1, 1, 0], [0, 1, 0], [0, 0, 1]]).bool()

    values = as_floats(precision_recall_f1(preds, target))

    assert values == pytest.approx(
        {"c_p": 1.5 / 3, "c_r": 1.5 / 3, "c_f1": 0.5, "o_p": 2 / 3, "o_r": 0.5, "o_f1": 4 / 7}
    )


def test_a_class_never_predicted_has_precision_0_in_the_mean() -> None:
    preds = torch.tensor([[True, False]])
    target = torch.tensor([[True, True]])

    values = as_floats(precision_recall_f1(preds, target))

    assert (values["c_p"], values["c_r"]) == (0.5, 0.5)


def test_a_class_without_positives_has_recall_0_in_the_mean() -> None:
    preds = torch.tensor([[True, False]])
    target = torch.tensor([[True, False]])

    assert precision_recall_f1(preds, target)["c_r"].item() == 0.5


def test_class_f1_is_the_harmonic_mean_of_the_means_not_the_mean_of_class_f1() -> None:
    # Class 0: P = 1, R = 1/2, F1 = 2/3. Class 1: P = 1/2, R = 1, F1 = 2/3.
    preds = torch.tensor([[1, 1], [0, 1]]).bool()
    target = torch.tensor([[1, 1], [1, 0]]).bool()

    assert precision_recall_f1(preds, target)["c_f1"].item() == pytest.approx(0.75)


def test_an_ignored_label_is_neither_right_nor_wrong() -> None:
    preds = torch.tensor([[1, 1, 0, 0]]).bool()
    target = torch.tensor([[1, 0, 0, 1]]).bool()
    ignored = torch.tensor([[0, 1, 1, 1]]).bool()

    counts = count_decisions(preds, target, ignored)

    assert [count.tolist() for count in counts] == [[1, 0, 0, 0]] * 3


def test_no_decision_at_all_gives_zeros() -> None:
    nothing = torch.zeros(3, 4, dtype=torch.bool)

    assert set(as_floats(precision_recall_f1(nothing, nothing)).values()) == {0.0}


def test_no_image_gives_zeros() -> None:
    nothing = torch.zeros(0, 4, dtype=torch.bool)

    assert set(as_floats(precision_recall_f1(nothing, nothing)).values()) == {0.0}


def test_arguments_are_left_as_they_were() -> None:
    preds, target, ignored = (torch.ones(2, 3, dtype=torch.bool) for _ in range(3))

    precision_recall_f1(preds, target, ignored)

    assert bool(preds.all() and target.all() and ignored.all())


def test_counts_of_parts_add_up() -> None:
    generator = torch.Generator().manual_seed(2)
    preds, target = (torch.rand(20, 6, generator=generator) < 0.4 for _ in range(2))
    parts = [count_decisions(preds[rows], target[rows]) for rows in (slice(7), slice(7, 20))]

    total = DecisionCounts(*(first + second for first, second in zip(*parts, strict=True)))

    assert as_floats(precision_recall_f1_from_counts(total)) == as_floats(
        precision_recall_f1(preds, target)
    )


@pytest.mark.parametrize(
    ("preds", "target", "ignored", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(2, 3).bool(), None, "preds of dtype torch.bool"),
        (torch.zeros(2, 3).bool(), torch.zeros(2, 3).long(), None, "target of dtype torch.bool"),
        (torch.zeros(2, 3).bool(), torch.zeros(2, 4).bool(), None, "num_labels=K"),
        (torch.zeros(3).bool(), torch.zeros(3).bool(), None, "of shape \\(images, labels\\)"),
        (torch.zeros(2, 0).bool(), torch.zeros(2, 0).bool(), None, "at least one label"),
        (
            torch.zeros(2, 3).bool(),
            torch.zeros(2, 3).bool(),
            torch.zeros(2, 3),
            "ignored of dtype torch.bool",
        ),
        (
            torch.zeros(2, 3).bool(),
            torch.zeros(2, 3).bool(),
            torch.zeros(1, 3).bool(),
            "ignored and target of one shape",
        ),
    ],
)
def test_wrong_arguments_are_refused(
    preds: Tensor, target: Tensor, ignored: Tensor | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        precision_recall_f1(preds, target, ignored)
