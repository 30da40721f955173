import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import comparison
from benchmarks.store import Arrays, ResultStore
from cnn_rnn.metrics import functional

COLUMNS = ("c_p", "o_f1", "map_at_k")


def _arrays(seed: int, noise: float) -> Arrays:
    """Answers of a row on 80 images of 5 labels; the less noise, the better."""
    truth = np.random.default_rng(0).random((80, 5)) < 0.35
    generator = np.random.default_rng(seed)
    scores = (truth + noise * generator.standard_normal(truth.shape)).astype(np.float32)
    return Arrays(
        image_id=np.array([f"i{index}" for index in range(80)]),
        label_names=np.array(list("abcde")),
        scores=scores,
        decisions=functional.exactly_k(torch.from_numpy(scores), 2).numpy(),
        target=truth,
        ignored=np.zeros_like(truth),
        best_path=np.zeros((80, 0), dtype=np.int16),
    )


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """A good row of two runs, a bad one, and one that differs from the good one by little."""
    made = ResultStore(tmp_path)
    for key, seed, noise in (("g0", 1, 0.4), ("g1", 2, 0.4), ("b0", 3, 3.0), ("s0", 1, 0.41)):
        made.write(key, {}, _arrays(seed, noise))
    return made


KEYS = {"good": ["g0", "g1"], "bad": ["b0"], "similar": ["s0"], "none": []}


def test_a_worse_row_is_lower_and_a_like_row_shows_no_difference(store: ResultStore) -> None:
    found = comparison.against_reference(store, KEYS, "good", COLUMNS, "top_k", 10)
    assert set(found) == {"bad", "similar"}
    assert list(found["bad"]) == list(COLUMNS)
    for one in found["bad"].values():
        assert one["low"] < one["difference"] < one["high"] < 0
        assert one["verdict"] == "lower"
    assert {one["verdict"] for one in found["similar"].values()} == {"no difference shown"}


def test_a_difference_is_that_of_the_means_over_the_runs(store: ResultStore) -> None:
    found = comparison.against_reference(store, KEYS, "good", COLUMNS, "top_k", 10)

    def o_f1(key: str) -> float:
        arrays = store.read_arrays(key)
        parts = (torch.from_numpy(a) for a in (arrays.decisions, arrays.target, arrays.ignored))
        return 100 * float(functional.precision_recall_f1(*parts)["o_f1"])

    expected = o_f1("b0") - (o_f1("g0") + o_f1("g1")) / 2
    assert found["bad"]["o_f1"]["difference"] == pytest.approx(expected, abs=1e-4)


def test_tables_of_average_precision_compare_each_class_by_both_methods(
    store: ResultStore,
) -> None:
    kind = "average_precision"
    found = comparison.against_reference(store, KEYS, "good", ("map_11", "map"), kind, 10)["bad"]
    assert list(found)[:2] == ["map_11", "map"]
    assert {f"ap/{name}" for name in "abcde"} | {f"ap_11/{name}" for name in "abcde"} < set(found)
    mean = np.mean([found[f"ap/{name}"]["difference"] for name in "abcde"])
    assert found["map"]["difference"] == pytest.approx(float(mean), abs=1e-6)


def test_without_the_reference_nothing_is_compared(store: ResultStore) -> None:
    assert comparison.against_reference(store, KEYS, "none", COLUMNS, "top_k", 10) == {}
    assert comparison.against_reference(store, {"good": ["g0"]}, "good", COLUMNS, "top_k", 3) == {}


def test_rows_of_other_images_are_refused(store: ResultStore) -> None:
    other = dataclasses.replace(_arrays(4, 1.0), image_id=np.array([f"j{i}" for i in range(80)]))
    store.write("o0", {}, other)
    keys = {"good": ["g0"], "other": ["o0"]}
    with pytest.raises(ValueError, match="another image_id"):
        comparison.against_reference(store, keys, "good", COLUMNS, "top_k", 10)
