import errno
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cnn_rnn.durable_files import read_json
from cnn_rnn.feature_store import FeatureCacheError, FeatureStore, StoreSpec

SPEC = StoreSpec(10, 3, source={"split": "train"})
ROWS = np.arange(30, dtype=np.float32).reshape(10, 3)


def open_store(folder: Path, spec: StoreSpec = SPEC, **options: Any) -> FeatureStore:
    return FeatureStore(folder, spec, **{"chunk_size": 4, **options})


def fill(store: FeatureStore, chunks: list[int], rows: npt.NDArray[Any] = ROWS) -> None:
    for chunk in chunks:
        assert store.ledger.claim(chunk)
        store.write(chunk, rows[store.rows(chunk).start : store.rows(chunk).stop])


def damage(store: FeatureStore, row: int) -> None:
    """Changes a byte of a row, as a torn write would."""
    path = store.folder / "features.npy"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) - store.spec.num_bytes + row * store.spec.row_bytes] ^= 255
    path.write_bytes(content)
    # Without this the time could be the same: the clock of a file system ticks every 4 ms or so.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**7))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_rows_come_back_from_chunks_written_in_any_order(tmp_path: Path, dtype: str) -> None:
    store = open_store(tmp_path / "a" / "b", StoreSpec(10, 3, dtype))
    assert [list(store.rows(chunk)) for chunk in (0, 2)] == [[0, 1, 2, 3], [8, 9]]
    fill(store, [2, 0, 1])
    assert store.array().dtype == dtype
    np.testing.assert_array_equal(store.array(), ROWS)
    np.testing.assert_array_equal(np.load(tmp_path / "a" / "b" / "features.npy"), ROWS)


def test_rows_are_read_only(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 1, 2])
    with pytest.raises(ValueError, match="read-only"):
        store.array()[0] = 1


def test_an_unfinished_store_is_not_read(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 2])
    assert not store.is_complete
    assert store.num_rows_done() == 6
    with pytest.raises(FeatureCacheError, match="1 of 3 chunks are missing"):
        store.array()


def test_an_unfinished_store_is_resumed(tmp_path: Path) -> None:
    fill(open_store(tmp_path), [1])
    store = open_store(tmp_path, chunk_size=5)  # the store keeps its own chunk size
    assert store.ledger.missing() == [0, 2]
    fill(store, [0, 2])
    np.testing.assert_array_equal(open_store(tmp_path).array(), ROWS)


def test_a_chunk_torn_by_a_crash_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    fill(store, [0])
    assert store.ledger.claim(1)

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crash)  # rows are half-way to the disk, nothing is recorded
        with pytest.raises(KeyboardInterrupt):
            store.write(1, ROWS[4:8])
    store.ledger.release_all()
    assert open_store(tmp_path).ledger.missing() == [1, 2]


@pytest.mark.parametrize("finished", [[0, 1], [0, 1, 2]], ids=["unfinished", "finished"])
def test_damaged_chunks_are_computed_again(
    tmp_path: Path, finished: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(tmp_path)
    fill(store, finished)
    damage(store, row=5)
    reopened = open_store(tmp_path)
    assert 1 in reopened.ledger.missing()
    assert 0 not in reopened.ledger.missing()
    assert "1 damaged chunks are computed again" in caplog.text
    fill(reopened, reopened.ledger.missing())
    np.testing.assert_array_equal(open_store(tmp_path).array(), ROWS)


def test_damage_behind_an_unchanged_time_is_found_by_verify(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 1, 2])
    path = tmp_path / "features.npy"
    before = path.stat()
    damage(store, row=9)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert open_store(tmp_path).is_complete
    assert open_store(tmp_path, verify=True).ledger.missing() == [2]


def test_a_truncated_file_is_written_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 1, 2])
    os.truncate(tmp_path / "features.npy", 100)
    assert open_store(tmp_path).ledger.missing() == [0, 1, 2]
    assert "stale or damaged" in caplog.text


@pytest.mark.parametrize("name", ["manifest.json", "features.npy"])
def test_a_store_without_one_of_its_files_is_written_anew(tmp_path: Path, name: str) -> None:
    fill(open_store(tmp_path), [0, 1, 2])
    (tmp_path / name).unlink()
    assert open_store(tmp_path).ledger.missing() == [0, 1, 2]


@pytest.mark.parametrize(
    "other",
    [StoreSpec(10, 3, source={"split": "val"}), StoreSpec(9, 3), StoreSpec(10, 3, "float16")],
    ids=["source", "rows", "dtype"],
)
def test_a_stale_store_is_replaced_under_a_reader(tmp_path: Path, other: StoreSpec) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 1, 2])
    mapped = store.array()
    assert open_store(tmp_path, other).num_rows_done() == 0
    np.testing.assert_array_equal(mapped, ROWS)


def test_a_copied_store_is_verified_once_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(open_store(tmp_path / "a"), [0, 1, 2])
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copy)
    np.testing.assert_array_equal(open_store(tmp_path / "b").array(), ROWS)

    def fail(*_: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("zlib.crc32", fail)
    np.testing.assert_array_equal(open_store(tmp_path / "b").array(), ROWS)


def test_a_finished_store_is_opened_without_any_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(open_store(tmp_path), [0, 1, 2])

    def fail(*_: Any) -> None:
        raise AssertionError("locked")

    monkeypatch.setattr("filelock.FileLock.acquire", fail)
    np.testing.assert_array_equal(open_store(tmp_path).array(), ROWS)


def test_a_copy_on_a_read_only_disk_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(tmp_path)
    fill(store, [0, 1, 2])
    os.utime(tmp_path / "features.npy")

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("filelock.FileLock.acquire", read_only)
    caplog.set_level(logging.INFO)
    np.testing.assert_array_equal(open_store(tmp_path).array(), ROWS)
    assert "intact, but read-only" in caplog.text
    damage(store, row=0)
    with pytest.raises(OSError, match="Read-only"):
        open_store(tmp_path)


def test_disk_use_is_said_before_it_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    open_store(tmp_path, StoreSpec(1000, 4096))
    assert "16.4 MB (1000 x 4096 float32) will be written to" in caplog.text
    assert "are free" in caplog.text


def test_a_store_larger_than_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        FeatureCacheError, match=r"the disk is full \(4e\+03 TB are needed"
    ) as error:
        open_store(tmp_path, StoreSpec(10**12, 1000))
    assert error.value.is_user_error
    assert not (tmp_path / "manifest.json").exists()
    assert not (tmp_path / "features.npy").exists()


def test_a_disk_that_cannot_hold_the_reserved_file_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.posix_fallocate", full)
        with pytest.raises(FeatureCacheError, match="CNN_RNN_HOME"):
            open_store(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"store.lock"}
    fill(open_store(tmp_path), [0, 1, 2])


def test_a_disk_that_fills_up_leaves_the_finished_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    fill(store, [0])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(FeatureCacheError, match="it filled up while features were written"):
            fill(store, [1])
    store.ledger.release_all()
    resumed = open_store(tmp_path)
    assert resumed.ledger.missing() == [1, 2]
    fill(resumed, [1, 2])
    np.testing.assert_array_equal(resumed.array(), ROWS)


def test_other_errors_of_the_disk_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        fill(store, [0])


def test_the_manifest_says_what_the_rows_are(tmp_path: Path) -> None:
    open_store(tmp_path)
    manifest = read_json(tmp_path / "manifest.json")
    assert manifest is not None
    assert manifest["source"] == {"split": "train"}
    assert (manifest["num_rows"], manifest["num_columns"], manifest["dtype"]) == (10, 3, "<f4")
    assert manifest["created"][:2] == "20"


def test_a_chunk_must_be_claimed_and_have_its_shape(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(ValueError, match="chunk 0: claim it"):
        store.write(0, ROWS[:4])
    assert store.ledger.claim(0)
    with pytest.raises(ValueError, match=r"give \(4, 3\), got \(3, 3\)"):
        store.write(0, ROWS[:3])


@pytest.mark.parametrize("shape", [(0, 3), (10, 0)])
def test_an_empty_store_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected rows and columns"):
        StoreSpec(*shape)


def test_a_chunk_has_rows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="chunk_size"):
        open_store(tmp_path, chunk_size=0)
