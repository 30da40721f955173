import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from data_modules.errors import DataError
from data_modules.stratify import stratified_test_rows

ROOT = Path("photos")


def random_targets(count: int) -> npt.NDArray[np.bool_]:
    frequencies = [0.5, 0.3, 0.1, 0.05, 0.0]
    found: npt.NDArray[np.bool_] = np.random.default_rng(0).random((count, 5)) < frequencies
    return found


def test_each_label_is_as_frequent_in_the_test_part() -> None:
    targets = random_targets(400)
    rows = stratified_test_rows(targets, 0.25, 0, ROOT)
    assert len(rows) == 100
    assert np.abs(targets[rows].sum(0) - targets.sum(0) / 4).max() <= 2


def test_rows_are_ascending_and_follow_the_seed() -> None:
    targets = random_targets(100)
    rows = stratified_test_rows(targets, 0.2, 1, ROOT)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert rows.tolist() == stratified_test_rows(targets, 0.2, 1, ROOT).tolist()
    assert rows.tolist() != stratified_test_rows(targets, 0.2, 2, ROOT).tolist()


@pytest.mark.parametrize("value", [True, False])
def test_a_single_label_can_be_split(value: bool) -> None:
    rows = stratified_test_rows(np.full((10, 1), value), 0.2, 0, ROOT)
    assert len(rows) == 2


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_images_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"enough images for a test part of 0.9, got {count} im"):
        stratified_test_rows(np.ones((count, 2), dtype=np.bool_), 0.9, 0, ROOT)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "iterstrat.ml_stratifiers", None)
    with pytest.raises(DataError, match=r"pip install 'cnn-rnn\[folder\]', or give"):
        stratified_test_rows(random_targets(10), 0.2, 0, ROOT)
