import pickle
from pathlib import Path

import numpy as np
import pytest

from benchmarks.store import Arrays, ResultError, ResultStore, write_atomically, write_json


def _arrays() -> Arrays:
    return Arrays(
        image_id=np.array(["a", "bé"]),
        label_names=np.array(["cat", "dog", "cow"]),
        scores=np.array([[0.1, -np.inf, 2], [0, 1, 2]], dtype=np.float32),
        decisions=np.eye(2, 3, dtype=np.bool_),
        target=np.zeros((2, 3), dtype=np.bool_),
        ignored=np.ones((2, 3), dtype=np.bool_),
        best_path=np.array([[2, 0], [-1, -1]], dtype=np.int16),
    )


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    assert not store.has("k")
    store.write("k", {"seed": 3}, _arrays())
    assert store.has("k")
    assert store.read("k") == {"format": 1, "key": "k", "seed": 3}
    for name, expected in vars(_arrays()).items():
        found = getattr(store.read_arrays("k"), name)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    assert sorted(file.name for file in (tmp_path / "runs").iterdir()) == ["k.json", "k.npz"]


def test_arrays_can_be_read_without_pickle(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.write("k", {}, _arrays())
    with np.load(store.arrays_file("k"), allow_pickle=False) as arrays:
        assert set(arrays) == {
            *("image_id", "label_names", "scores", "decisions", "target", "ignored", "best_path")
        }


def test_a_run_is_there_only_with_both_of_its_files(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.write("k", {}, _arrays())
    store.run_file("k").unlink()
    assert not store.has("k")


def test_a_failure_is_no_run_and_is_forgotten_by_a_run(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.write_failure("k", {"error": "it broke"})
    assert not store.has("k")
    assert "it broke" in store.failure_file("k").read_text()
    store.write("k", {}, _arrays())
    assert not store.failure_file("k").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 0}', "{}"])
def test_a_damaged_or_foreign_record_says_what_to_delete(tmp_path: Path, text: str) -> None:
    store = ResultStore(tmp_path)
    store.write("k", {}, _arrays())
    store.run_file("k").write_text(text)
    with pytest.raises(ResultError, match=r"k\.json is no run of this version: delete it"):
        store.read("k")


def test_damaged_arrays_say_what_to_delete(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.write("k", {}, _arrays())
    whole = store.arrays_file("k").read_bytes()
    for content in (whole[: len(whole) // 2], b"", pickle.dumps([1, 2])):
        store.arrays_file("k").write_bytes(content)
        with pytest.raises(ResultError, match=r"k\.npz is damaged"):
            store.read_arrays("k")


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "file.json"
    write_json(file, {"old": True})

    def interrupted(opened: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, interrupted)
    assert file.read_text() == '{\n "old": true\n}\n'
    assert list(file.parent.iterdir()) == [file]


def test_numbers_that_json_does_not_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", {"loss": float("nan")})
