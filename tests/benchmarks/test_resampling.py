import numpy as np
import pytest
import torch

from benchmarks import resampling
from benchmarks.metric_names import DECIDED
from cnn_rnn.metrics.functional import precision_recall_f1

GENERATOR_SEED = 3


def _random(seed: int) -> tuple[resampling.Decisions, resampling.Decisions, resampling.Decisions]:
    generator = np.random.default_rng(seed)
    decisions, target = generator.random((2, 40, 7)) < 0.4
    target[:, 6] = False  # a class without positives
    decisions[:, 5] = False  # a class that is never given
    ignored = (generator.random((40, 7)) < 0.1) & ~target
    return decisions, target, ignored


@pytest.mark.parametrize("seed", range(4))
def test_with_every_image_once_they_are_the_metrics(seed: int) -> None:
    decisions, target, ignored = _random(seed)
    measure = resampling.decided(decisions, target, ignored, prefix="p/")
    assert measure.names == tuple(f"p/{name}" for name in DECIDED)
    expected = precision_recall_f1(*map(torch.from_numpy, (decisions, target, ignored)))
    found = measure.of(np.ones((1, 40)))[0]
    assert found.tolist() == pytest.approx([float(expected[name]) for name in DECIDED], abs=1e-6)


def test_a_weight_counts_an_image_so_often() -> None:
    decisions, target, ignored = _random(GENERATOR_SEED)
    weights = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), 5)
    found = resampling.decided(decisions, target, ignored).of(weights.astype(float))
    for row, drawn in zip(found, weights, strict=True):
        rows = np.repeat(np.arange(40), drawn)
        arrays = [torch.from_numpy(part[rows]) for part in (decisions, target, ignored)]
        expected = precision_recall_f1(*arrays)
        assert row.tolist() == pytest.approx([float(expected[name]) for name in DECIDED], abs=1e-6)


def test_recall_in_bins_counts_true_labels_that_are_not_ignored() -> None:
    target = np.array([[True, True, True], [True, False, False]])
    decisions = np.array([[True, False, True], [False, True, False]])
    ignored = np.array([[False, False, True], [False, False, False]])
    bins = np.array([[0, 0, 0], [1, 1, -1]])
    measure = resampling.recall_in_bins(decisions, target, ignored, bins, ["a", "b", "c"])
    found = measure.of(np.array([[1.0, 1.0], [3.0, 0.0]]))
    assert found[0, :2].tolist() == [0.5, 0.0]
    assert np.isnan(found[0, 2])
    assert found[1, 0] == 0.5
    assert np.isnan(found[1, 1])


def test_an_image_without_a_number_takes_no_part_in_the_mean() -> None:
    measure = resampling.mean_of_images(np.array([0.5, np.nan, 1.0]), "map")
    found = measure.of(np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0], [3.0, 0.0, 1.0]]))
    assert found[0, 0] == 0.75
    assert np.isnan(found[1, 0])
    assert found[2, 0] == 0.625


def test_measures_stand_together_in_their_order() -> None:
    parts = [resampling.mean_of_images(np.array([v, v]), name) for v, name in ((1, "a"), (2, "b"))]
    both = resampling.together(parts)
    assert both.names == ("a", "b")
    assert both.of(np.ones((1, 2))).tolist() == [[1.0, 2.0]]
