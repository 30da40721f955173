from typing import get_args

import numpy as np
import pytest
import torch

from benchmarks.resampled_ranking import METHODS, PREFIXES, Flags, average_precisions
from benchmarks.statistics import FloatArray
from cnn_rnn.metrics.functional import average_precision, mean_over_classes
from cnn_rnn.metrics.functional.average_precision import Method

NUM_IMAGES, NUM_LABELS = 60, 6
NAMES = [f"l{index}" for index in range(NUM_LABELS)]


def _random(seed: int) -> tuple["np.ndarray[tuple[int, int], np.dtype[np.float32]]", Flags, Flags]:
    """Tied scores, -inf, ignored images, a class without positives and one with a single one."""
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 9, (NUM_IMAGES, NUM_LABELS)).astype(np.float32)
    scores[generator.random(scores.shape) < 0.1] = -np.inf
    target = generator.random(scores.shape) < 0.3
    target[:, 4] = False
    target[:, 5] = np.arange(NUM_IMAGES) == 7
    ignored = (generator.random(scores.shape) < 0.15) & ~target
    return scores, target, ignored


def _expected(
    rows: "np.ndarray[tuple[int], np.dtype[np.int64]]", seed: int
) -> dict[str, FloatArray]:
    """What `cnn_rnn.metrics` say of the images that were drawn, each as often as it was."""
    scores, target, ignored = (torch.from_numpy(part[rows]) for part in _random(seed))
    found: dict[str, FloatArray] = {}
    for method in get_args(Method)[:2]:
        values = average_precision(scores, target, ignored, method)
        found[METHODS[method]] = mean_over_classes(values).mean.numpy()
        for name, value in zip(NAMES, values, strict=True):
            found[PREFIXES[method] + name] = value.numpy()
    return found


@pytest.mark.parametrize("seed", range(3))
def test_with_every_image_once_it_is_the_metric(seed: int) -> None:
    measure = average_precisions(*_random(seed), NAMES)
    found = dict(zip(measure.names, measure.of(np.ones((1, NUM_IMAGES)))[0], strict=True))
    expected = _expected(np.arange(NUM_IMAGES), seed)
    assert set(found) == set(expected)
    for name, value in found.items():
        assert value == pytest.approx(float(expected[name]), abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("seed", range(3))
def test_a_weight_counts_an_image_so_often(seed: int) -> None:
    weights = np.random.default_rng(seed).multinomial(NUM_IMAGES, np.full(60, 1 / 60), 40)
    measure = average_precisions(*_random(seed), NAMES)
    found = measure.of(weights.astype(np.float64))
    assert np.isnan(found).any()  # the class of a single positive was not always drawn
    for values, drawn in zip(found, weights, strict=True):
        expected = _expected(np.repeat(np.arange(NUM_IMAGES), drawn), seed)
        for name, value in zip(measure.names, values, strict=True):
            assert value == pytest.approx(float(expected[name]), abs=1e-6, nan_ok=True), name


def test_without_any_positive_nothing_is_defined() -> None:
    nothing = np.zeros((3, 2), dtype=np.bool_)
    measure = average_precisions(np.zeros((3, 2), dtype=np.float32), nothing, nothing, ["a", "b"])
    assert np.isnan(measure.of(np.ones((2, 3)))).all()
