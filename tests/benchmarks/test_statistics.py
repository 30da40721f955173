import math

import numpy as np
import pytest

from benchmarks.resampling import mean_of_images
from benchmarks.statistics import Interval, paired_bootstrap, spread


def test_the_standard_deviation_divides_by_one_less_than_the_seeds() -> None:
    found = spread([1.0, 2.0, 6.0])
    assert found.mean == 3.0
    assert found.sd == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert found.seeds == 3


def test_one_seed_has_no_standard_deviation() -> None:
    found = spread([4.0])
    assert found.mean == 4.0
    assert math.isnan(found.sd)


def test_no_seed_has_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one"):
        spread([])


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    generator = np.random.default_rng(1)
    theirs = generator.random(400)
    ours = theirs + 0.1 + 0.2 * generator.standard_normal(400)
    found = paired_bootstrap([mean_of_images(ours, "m")], [mean_of_images(theirs, "m")], 400)["m"]
    error = (ours - theirs).std(ddof=1) / 20
    assert found.difference == pytest.approx((ours - theirs).mean())
    assert found.low == pytest.approx(found.difference - 1.96 * error, abs=0.3 * error)
    assert found.high == pytest.approx(found.difference + 1.96 * error, abs=0.3 * error)
    assert found.excludes_zero


def test_both_rows_are_measured_on_the_same_resamples() -> None:
    values = np.random.default_rng(2).random(50)
    shifted = [mean_of_images(values + 0.25, "m")]
    found = paired_bootstrap(shifted, [mean_of_images(values, "m")], 50)["m"]
    assert found.low == pytest.approx(0.25)
    assert found.high == pytest.approx(0.25)


def test_equal_draws_give_equal_intervals_and_the_runs_of_a_row_are_averaged() -> None:
    values = np.random.default_rng(2).random((3, 30))
    ours = [mean_of_images(run, "m") for run in values[:2]]
    theirs = [mean_of_images(values[2], "m")]
    found = paired_bootstrap(ours, theirs, 30, resamples=300, seed=5)["m"]
    assert found == paired_bootstrap(ours, theirs, 30, resamples=300, seed=5)["m"]
    assert found != paired_bootstrap(ours, theirs, 30, resamples=300, seed=6)["m"]
    assert found.difference == pytest.approx(values[:2].mean() - values[2].mean())


def test_a_metric_that_is_undefined_is_left_out() -> None:
    nothing, something = np.full(4, np.nan), np.ones(4)
    assert (
        paired_bootstrap([mean_of_images(nothing, "m")], [mean_of_images(something, "m")], 4) == {}
    )


def test_rows_must_be_measured_alike() -> None:
    ones = np.ones(4)
    with pytest.raises(ValueError, match="measured alike"):
        paired_bootstrap([mean_of_images(ones, "a")], [mean_of_images(ones, "b")], 4)
    with pytest.raises(ValueError, match="at least one run"):
        paired_bootstrap([], [mean_of_images(ones, "b")], 4)


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.1, 0.2, True), (-0.2, -0.1, True), (-1, 1, False), (0.0, 1.0, False)],
)
def test_zero_inside_or_at_the_edge_shows_no_difference(
    low: float, high: float, shown: bool
) -> None:
    assert Interval(0.5, low, high).excludes_zero is shown
