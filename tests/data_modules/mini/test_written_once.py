"""A folder that is written once, whatever it holds."""

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from data_modules.errors import DataError
from data_modules.mini.written_once import MANIFEST, Recipe, ensure_folder, measure_tree


def fill(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "labels.txt").write_text("1\n0\n")
    (folder / "photo.jpg").write_bytes(b"photo")


def recipe(filled: Callable[[Path], None] = fill, seed: int = 0) -> Recipe:
    return Recipe("thing", "things", {"seed": seed}, filled, measure_tree)


def test_it_is_filled_once(tmp_path: Path) -> None:
    def again(_: Path) -> None:
        raise AssertionError("it was there")

    folder = ensure_folder(tmp_path, recipe())
    assert (folder / "sub" / "labels.txt").read_text() == "1\n0\n"
    assert ensure_folder(tmp_path, recipe(again)) == folder
    assert ensure_folder(folder, recipe(again)) == folder
    assert ensure_folder(tmp_path, recipe(seed=1)) != folder


@pytest.mark.parametrize("damaged", ["sub/labels.txt", "photo.jpg", MANIFEST])
@pytest.mark.parametrize("content", [None, b"other content"])
def test_a_damaged_one_is_filled_again(tmp_path: Path, damaged: str, content: bytes | None) -> None:
    folder = ensure_folder(tmp_path, recipe())
    whole = (folder / damaged).read_bytes()
    if content is None:
        (folder / damaged).unlink()
    else:
        (folder / damaged).write_bytes(content)
    assert ensure_folder(tmp_path, recipe()) == folder
    assert (folder / damaged).read_bytes() == whole


def test_names_count_as_much_as_contents(tmp_path: Path) -> None:
    fill(tmp_path)
    before = measure_tree(tmp_path)
    (tmp_path / "sub" / "labels.txt").rename(tmp_path / "sub" / "other.txt")
    assert measure_tree(tmp_path) != before
    assert before["pictures"] == 1
    assert before["bytes"] == 5


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_folder(tmp_path, recipe(interrupted))
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_what_a_killed_process_left_is_no_part_of_it(tmp_path: Path) -> None:
    folder = ensure_folder(tmp_path, recipe())
    left = folder.with_name(f".{folder.name}.partial")
    folder.rename(left)
    (left / "left over.txt").touch()
    assert ensure_folder(tmp_path, recipe()) == folder
    assert not (folder / "left over.txt").exists()
    assert not left.exists()


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"to draw things into.*No space left.*CNN_RNN_HOME"):
        ensure_folder(tmp_path, recipe(full))


def _ensure(root: Path, start: Barrier) -> None:
    def counted(folder: Path) -> None:
        with (root / "log").open("a") as log:
            log.write("filled\n")
        fill(folder)

    start.wait()
    ensure_folder(root, recipe(counted))


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_of_two_processes_one_fills_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    workers = [context.Process(target=_ensure, args=(tmp_path, start)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert (tmp_path / "log").read_text() == "filled\n"
