import pytest
import torch
from torch import Tensor

from benchmarks import evaluate
from cnn_rnn.metrics.functional import at_most_k, precision_recall_f1

SCORES = torch.tensor([[0.9, 0.8, 0.1, 0.0], [0.2, 0.7, 0.6, 0.5]])
TARGET = torch.tensor([[1, 0, 1, 0], [0, 1, 0, 0]]).bool()
NONE = torch.zeros_like(TARGET)
PATHS = torch.tensor([[2, 0, 1], [-1, -1, -1]])


def test_a_ranking_row_gives_exactly_k_and_a_path_model_its_path_cut_at_k() -> None:
    ranked = evaluate.table_decisions(SCORES, None, 2)
    assert ranked.int().tolist() == [[1, 1, 0, 0], [0, 1, 1, 0]]
    cut = evaluate.table_decisions(SCORES, PATHS, 2)
    assert cut.int().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]
    assert evaluate.table_protocol(None) == "exactly_k"
    assert evaluate.table_protocol(PATHS) == "first_k"


def test_a_ranking_row_is_measured_by_both_of_its_protocols() -> None:
    found = evaluate.measure(SCORES, None, TARGET, NONE, top_k=2, map_k=10, threshold=0.65)
    assert set(found["decided"]) == {"exactly_k", "at_most_k"}
    exactly, most = found["decided"]["exactly_k"], found["decided"]["at_most_k"]
    assert (exactly["o_p"], exactly["o_r"]) == (pytest.approx(2 / 4), pytest.approx(2 / 3))
    assert (most["o_p"], most["o_r"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    # Classes 0, 1, 2, 3: precision 1, 1/2, 0, 0 of `exactly_k`; recall 1, 1, 0, 0.
    assert (exactly["c_p"], exactly["c_r"]) == (pytest.approx(1.5 / 4), pytest.approx(2 / 4))
    assert found["empty_paths"] is None


def test_a_path_model_is_measured_by_all_three_of_its_protocols() -> None:
    found = evaluate.measure(SCORES, PATHS, TARGET, NONE, top_k=2, map_k=2)
    decided = found["decided"]
    assert set(decided) == {"exactly_k", "first_k", "as_decoded"}
    assert (decided["first_k"]["o_p"], decided["first_k"]["o_r"]) == (1.0, pytest.approx(2 / 3))
    assert decided["as_decoded"]["o_p"] == pytest.approx(2 / 3)
    assert found["empty_paths"] == 0.5


def test_rankings_are_measured_with_both_normalisers_and_both_methods() -> None:
    found = evaluate.measure(SCORES, None, TARGET, NONE, top_k=2, map_k=1)
    # Image 0: right at place 1, R = 2; image 1: right at place 1, R = 1.
    assert found["ranked"]["map_at_k"] == 1.0
    assert found["ranked"]["map_at_k_r"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["ranked"]["empty_classes"] == 1
    # Class 1 is ranked image 0, then image 1, which alone has it; class 3 has no positives.
    points = found["average_precision"]["all_points"]
    assert points[:3] == [1.0, 0.5, 0.5]
    assert points[3] is None
    assert found["ranked"]["map"] == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_k_above_the_number_of_labels_takes_all_of_them() -> None:
    found = evaluate.measure(SCORES, None, TARGET, NONE, top_k=9, map_k=9)
    assert found["decided"]["exactly_k"]["o_r"] == 1.0


def _best_of_all(scores: Tensor, target: Tensor, ignored: Tensor, k: int) -> float:
    """The highest O-F1 that any threshold gives, by trying all."""
    values = torch.unique(scores)
    between = ((values[:-1] + values[1:]) / 2).tolist()
    return max(
        float(precision_recall_f1(at_most_k(scores, k, t), target, ignored)["o_f1"])
        for t in [float(values[0]) - 1, *between]
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_fitted_threshold_is_as_good_as_any(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    # Rounded, so that there are ties.
    scores = torch.randn(30, 6, generator=generator).mul(4).round().div(4)
    target = torch.rand(30, 6, generator=generator) < 0.3
    ignored = (torch.rand(30, 6, generator=generator) < 0.2) & ~target
    threshold = evaluate.fit_threshold(scores, target, ignored, 3)
    decided = at_most_k(scores, 3, threshold)
    reached = float(precision_recall_f1(decided, target, ignored)["o_f1"])
    assert reached == pytest.approx(_best_of_all(scores, target, ignored, 3))


def test_a_threshold_never_stands_between_equal_scores() -> None:
    scores = torch.tensor([[1.0], [1.0], [0.0]])
    target = torch.tensor([[True], [False], [False]])
    threshold = evaluate.fit_threshold(scores, target, torch.zeros_like(target), 1)
    assert threshold == 0.5


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_threshold_stands_between_neighbouring_floats(steps: int) -> None:
    lower = upper = torch.tensor(1.0)
    for _ in range(steps):
        lower, upper = upper, torch.nextafter(upper, torch.tensor(2.0))
    scores = torch.stack([upper, lower]).unsqueeze(1)
    target, ignored = torch.tensor([[True], [False]]), torch.zeros(2, 1, dtype=torch.bool)
    threshold = evaluate.fit_threshold(scores, target, ignored, 1)
    assert (scores > threshold).tolist() == [[True], [False]]


def test_what_is_undefined_is_none() -> None:
    nothing = torch.zeros(2, 4, dtype=torch.bool)
    found = evaluate.measure(SCORES, None, nothing, nothing, top_k=2, map_k=2, threshold=0.0)
    assert found["ranked"]["map"] is None
    assert found["ranked"]["map_at_k"] is None
    assert found["average_precision"]["11_points"] == [None] * 4
    assert evaluate.fit_threshold(torch.zeros(0, 3), nothing[:0, :3], nothing[:0, :3], 3) == 0.0
